#include "data/formats/tar/tar_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

TarIndex Two() {
  IndexedShard a{"a b\n\"\xff.tar", 4096, 1234567890123456789, {}};
  a.contents.samples = {{512, 100, 7}, {1536, 2560, -1}, {512, 1, -3}};
  a.contents.class_names = {"cat", "a dog\n"};
  a.contents.damage = "cut off; \"get\" it again";
  a.contents.not_read.Add("link to nothing", "x\ny");
  a.contents.not_read.Add(".txt", {1000000, {"a.txt", ""}});
  return {".jpg .png", {a, {"b.tar", 0, -5, {}}}};
}

TEST(TarIndex, IsReadBack) {
  const std::string bytes = TarIndexBytes(Two());
  const auto index = ParseTarIndex(bytes, "index");
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ(index->endings, ".jpg .png");
  const std::vector<IndexedShard>& shards = index->shards;
  ASSERT_EQ(shards.size(), 2);
  EXPECT_EQ(shards[0].name, Two().shards[0].name);
  EXPECT_EQ(shards[0].modified_ns, 1234567890123456789);
  const TarContents& contents = shards[0].contents;
  ASSERT_EQ(contents.samples.size(), 3);
  EXPECT_EQ(contents.samples[1].offset, 1536);
  EXPECT_EQ(contents.samples[1].size, 2560);
  EXPECT_EQ(contents.samples[1].label, -1);
  EXPECT_EQ(contents.samples[2].label, -3);
  EXPECT_THAT(contents.class_names, ElementsAre("cat", "a dog\n"));
  EXPECT_EQ(contents.damage, Two().shards[0].contents.damage);
  EXPECT_EQ(contents.not_read.Text(), Two().shards[0].contents.not_read.Text());
  EXPECT_THAT(contents.not_read.kinds().at(".txt").paths,
              ElementsAre("a.txt", ""));
  EXPECT_EQ(shards[1].bytes, 0);
  EXPECT_TRUE(shards[1].contents.samples.empty());
  EXPECT_EQ(TarIndexBytes(*index), bytes);
  EXPECT_TRUE(ParseTarIndex(TarIndexBytes({}), "index")->shards.empty());
}

TEST(TarIndex, RefusesWhatIsNotWhole) {
  const std::string bytes = TarIndexBytes(Two());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseTarIndex(bytes.substr(0, size), "index").ok()) << size;
  }
  const std::string title = "caldera tar index 2\n\"\"\n";
  const std::string name = "\n\"x\"\n\"\"\n";
  for (const std::string& lines :
       {std::string("512 100 7"), "shard 9 9 99999999999999 0 0" + name,
        "shard 9 9 0 99999999999999 0" + name + "\"c\"",
        "shard 9 9 0 0 99999999999999" + name,
        "shard 9 9 0 0 1" + name + "1 9999999999\n\"k\"",
        "shard 9 9 0 0 1" + name + "0 0\n\"k\"",
        "shard 9 9 0 0 1" + name + "1 0\n\"\"",
        "shard 9 9 1 0 0" + name + "0 10 0",
        "shard 9 9 1 0 0" + name + "-1 1 0", "shard 9 9 1 0 0" + name + "0 0 0",
        "shard 9 9 1 0 0" + name + "0 1 -2",
        "shard 9 9 1 1 0" + name + "\"c\"\n0 1 -3",
        "shard 9 9 1 0 0" + name + "10 1 0",
        "shard 9 9 1 0 0" + name + "0 1 1048576",
        std::string("shard 9 9 0 0 0\nx\n\"\""),
        std::string("shard 9 9 0 0 0\n\"\\q\"\n\"\""),
        std::string("shard 9 9 1")}) {
    const auto shards = ParseTarIndex(title + lines + "\nend\n", "index");
    EXPECT_EQ(shards.status().code(), absl::StatusCode::kDataLoss) << lines;
    EXPECT_THAT(std::string(shards.status().message()), StartsWith("index:"));
  }
}

TEST(TarIndex, KnowsOtherVersions) {
  for (const std::string version : {"1", "3", "17"}) {
    const auto shards = ParseTarIndex(
        "caldera tar index " + version + "\nshard 1 2 0 a.tar\nend\n", "index");
    EXPECT_EQ(shards.status().code(), absl::StatusCode::kUnimplemented);
  }
}

}  // namespace
}  // namespace caldera::data
