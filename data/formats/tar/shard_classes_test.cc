#include "data/formats/tar/shard_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Names = std::vector<std::string>;

std::vector<ReadShard> Shards(const std::vector<int32_t>& labels,
                              const Names& names = {}) {
  ReadShard shard;
  shard.name = "0.tar";
  for (const int32_t label : labels) {
    shard.contents.samples.push_back({512, 1, label});
  }
  shard.contents.class_names = names;
  return {shard};
}

std::vector<int> Labels(const std::vector<ReadShard>& shards) {
  std::vector<int> labels;
  for (const TarSample& sample : shards[0].contents.samples) {
    labels.push_back(sample.label);
  }
  return labels;
}

TEST(ShardClasses, AreTheSameInAllSplits) {
  auto train = Shards({0, 3, -1}), val = Shards({4, 0}), none = Shards({-1});
  const Names names = {"0", "1", "2", "3", "4"};
  EXPECT_EQ(*NumberClasses("set", {}, 0, {val}, train), names);
  EXPECT_EQ(*NumberClasses("set", {}, 0, {train}, val), names);
  EXPECT_EQ(*NumberClasses("set", {}, 0, {train, val}, none), names);
  EXPECT_THAT(*NumberClasses("set", {}, 0, {none}, none), IsEmpty());
  EXPECT_THAT(Labels(train), ElementsAre(0, 3, -1));
  // Another split that cannot be read has no classes.
  val[0].status = absl::DataLossError("val");
  EXPECT_EQ(NumberClasses("set", {}, 0, {val}, train)->size(), 4);
}

TEST(ShardClasses, NamesAreSorted) {
  auto train = Shards({-2, -3, -1}, {"dog", "cat"}),
       val = Shards({-2}, {"cow"});
  EXPECT_THAT(*NumberClasses("set", {}, 0, {val}, train),
              ElementsAre("cat", "cow", "dog"));
  EXPECT_THAT(Labels(train), ElementsAre(2, 0, -1));
  train = Shards({-2, -3}, {"dog", "cat"});
  EXPECT_THAT(*NumberClasses("set", {}, 0, {train}, val),
              ElementsAre("cat", "cow", "dog"));
  EXPECT_THAT(Labels(val), ElementsAre(1));
  auto mixed = Shards({7, -2}, {"dog"});
  EXPECT_THAT(
      std::string(NumberClasses("set", {}, 0, {}, mixed).status().message()),
      StartsWith("set: in 0.tar the image at byte 512 has class 7, and others "
                 "have names (dog); write numbers, or list"));
}

TEST(ShardClasses, MayBeListed) {
  const Names listed = {"dog", "cat"};
  auto train = Shards({-2, -3, 0, -1}, {"cat", "dog"}), val = Shards({9});
  EXPECT_EQ(*NumberClasses("set", listed, 0, {val}, train), listed);
  EXPECT_THAT(Labels(train), ElementsAre(1, 0, 0, -1));
  EXPECT_THAT(
      std::string(NumberClasses("set", listed, 0, {}, val).status().message()),
      HasSubstr(
          "has class 9, expected 0 to 1 or a name (lines of classes.txt)"));
  auto other = Shards({-2}, {"cow"});
  EXPECT_THAT(
      std::string(
          NumberClasses("set", listed, 0, {}, other).status().message()),
      HasSubstr("has class cow, expected 0 to 1 or a name"));
  // A set with a name has a known number of classes.
  auto few = Shards({1});
  EXPECT_EQ(NumberClasses("set", {}, 4, {}, few)->size(), 4);
  EXPECT_THAT(
      std::string(NumberClasses("set", {}, 4, {}, val).status().message()),
      HasSubstr("has class 9, expected 0 to 3; pack"));
}

TEST(ShardClasses, AreLinesOfAFile) {
  const std::string root = base::NewFolder("classes");
  EXPECT_THAT(*ListedClasses(root), IsEmpty());
  for (const std::string text : {"a b\nc\n", "a b\r\nc\r\n\r\n",
                                 "\xef\xbb\xbf a b \nc\n\n \n", "a b\nc"}) {
    base::WriteFile(root + "/classes.txt", text);
    EXPECT_THAT(*ListedClasses(root), ElementsAre("a b", "c")) << text;
  }
  base::WriteFile(root + "/classes.txt", "a\n\nc\n");
  EXPECT_THAT(std::string(ListedClasses(root).status().message()),
              StartsWith(root + "/classes.txt:2: an empty line"));
  base::WriteFile(root + "/classes.txt", "\n");
  EXPECT_THAT(*ListedClasses(root), IsEmpty());
}

}  // namespace
}  // namespace caldera::data
