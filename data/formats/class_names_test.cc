#include "data/formats/class_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_testing.h"

namespace caldera::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> Names(const std::string& text, int64_t count) {
  const std::string path = base::NewFolder("names") + "/names.txt";
  base::WriteFile(path, text);
  const auto names = ClassNames(path, count, {});
  EXPECT_TRUE(names.ok()) << names.status();
  return names.ok() ? *names : std::vector<std::string>();
}

TEST(ClassNames, AreLines) {
  EXPECT_THAT(Names("cat\nhot dog\n\n", 2), ElementsAre("cat", "hot dog"));
  EXPECT_THAT(Names("\n  cat\t\r\nT-shirt/top\r\n\r\n", 2),
              ElementsAre("cat", "T-shirt/top"));
  EXPECT_THAT(Names("\xef\xbb\xbf"
                    "chat\n\xef\xbb\xbf"
                    "chien",
                    2),
              ElementsAre("chat",
                          "\xef\xbb\xbf"
                          "chien"));
}

TEST(ClassNames, MayBeMissing) {
  const std::string path = base::NewFolder("no_names") + "/names.txt";
  EXPECT_THAT(*ClassNames(path, 3, {}), ElementsAre("0", "1", "2"));
  EXPECT_THAT(*ClassNames(path, 2, {"a", "b"}), ElementsAre("a", "b"));
}

TEST(ClassNames, AreAsManyAsTheClasses) {
  const std::string path = base::NewFolder("few_names") + "/names.txt";
  base::WriteFile(path, "a\nb\n");
  EXPECT_THAT(std::string(ClassNames(path, 3, {}).status().message()),
              StartsWith(path + ": names 2 classes, expected 3; "));
}

}  // namespace
}  // namespace caldera::data
