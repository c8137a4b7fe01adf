#include "data/formats/tar_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::data {
namespace {

using ::testing::StartsWith;

std::vector<IndexedShard> Two() {
  IndexedShard a{"a b.tar", 4096, 1234567890123456789, {}};
  a.samples = {{512, 100, 7}, {1536, 2560, -1}};
  return {a, {"b.tar", 1024, -5, {}}};
}

TEST(TarIndex, IsReadBack) {
  const std::string bytes = TarIndexBytes(Two());
  const auto shards = ParseTarIndex(bytes, "index");
  ASSERT_TRUE(shards.ok()) << shards.status();
  ASSERT_EQ(shards->size(), 2);
  EXPECT_EQ((*shards)[0].name, "a b.tar");
  EXPECT_EQ((*shards)[0].modified_ns, 1234567890123456789);
  ASSERT_EQ((*shards)[0].samples.size(), 2);
  EXPECT_EQ((*shards)[0].samples[1].offset, 1536);
  EXPECT_EQ((*shards)[0].samples[1].size, 2560);
  EXPECT_EQ((*shards)[0].samples[1].label, -1);
  EXPECT_EQ((*shards)[1].bytes, 1024);
  EXPECT_TRUE(ParseTarIndex(TarIndexBytes({}), "index")->empty());
}

TEST(TarIndex, RefusesWhatIsNotWhole) {
  const std::string bytes = TarIndexBytes(Two());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseTarIndex(bytes.substr(0, size), "index").ok()) << size;
  }
  const std::string title = bytes.substr(0, bytes.find('\n') + 1);
  for (const std::string line :
       {"512 100 7", "shard 9 9 99999999999999 x", "shard 9 9 1 x\n0 10 0",
        "shard 9 9 1 x\n-1 1 0", "shard 9 9 1 x\n0 0 0",
        "shard 9 9 1 x\n0 1 -2", "shard 9 9 1 x\n10 1 0", "shard 9 9 1"}) {
    const auto shards = ParseTarIndex(title + line + "\nend\n", "index");
    EXPECT_THAT(std::string(shards.status().message()), StartsWith("index:"))
        << line;
  }
}

}  // namespace
}  // namespace caldera::data
