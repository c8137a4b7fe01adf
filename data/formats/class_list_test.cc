#include "data/formats/class_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_testing.h"

namespace caldera::data {
namespace {

TEST(ReadClassList, TakesOneLineOrMany) {
  const std::string path = base::NewFolder("lists") + "/list.txt";
  base::WriteFile(path, "# mine\nn02 n01\tn07\r\n\n  n03 # the last\n");
  const auto list = ReadClassList(path);
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 4);
  EXPECT_EQ((*list)[0].name, "n02");
  EXPECT_EQ((*list)[2].name, "n07");
  EXPECT_EQ((*list)[2].line, 2);
  EXPECT_EQ((*list)[3].name, "n03");
  EXPECT_EQ((*list)[3].line, 4);
}

TEST(ReadClassList, ALineMayBeANameWithBlanks) {
  const std::string path = base::NewFolder("blank_lists") + "/list.txt";
  base::WriteFile(path,
                  "\xEF\xBB\xBFhot dog\r\n  c #  \nhot  # and cold\n"
                  "a b # two\nnew york # a city\n");
  const auto list = ReadClassList(
      path, {"a", "b", "c #", "dog", "hot", "hot dog", "new york"});
  ASSERT_TRUE(list.ok()) << list.status();
  std::vector<std::string> names;
  for (const ListedClass& one : *list) names.push_back(one.name);
  EXPECT_THAT(names, testing::ElementsAre("hot dog", "c #", "hot", "a", "b",
                                          "new york"));
}

TEST(ReadClassList, NamesTheLine) {
  const std::string path = base::NewFolder("bad_lists") + "/list.txt";
  base::WriteFile(path, "a\nb\na\n");
  EXPECT_EQ(ReadClassList(path).status().message(),
            path + ":3: class a stands in line 1 already; remove one of them");
  base::WriteFile(path, "# nothing\n\n");
  EXPECT_EQ(ReadClassList(path).status().message(),
            path + ": names no class; write the name of a class folder a line");
}

}  // namespace
}  // namespace caldera::data
