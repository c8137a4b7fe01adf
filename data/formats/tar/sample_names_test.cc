#include "data/formats/tar/sample_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file_testing.h"
#include "data/formats/tar/tar_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// An archive with what is no sample between the samples: an empty file, whose
// offset is the next member's, and a link, which has another member's bytes.
std::string Archive() {
  return TarBlocks({"notes.txt", ""}) + TarBlocks({"a/1.jpg", "first"}) +
         TarBlocks({"a/1.cls", "3"}) + TarHardLink("a/2.jpg", "a/1.jpg") +
         TarBlocks({"b.jpg", "second one"}) + TarEnd();
}

TEST(SampleNames, AreThoseOfTheArchive) {
  const std::string path = base::NewFolder("names") + "/0.tar";
  base::WriteFile(path, Archive());
  const auto shard = ShardFile::Open(path);
  ASSERT_TRUE(shard.ok()) << shard.status();
  const auto contents = ListTarSamples((*shard)->size(),
                                       [&](int64_t offset, int64_t size) {
                                         return (*shard)->Read(offset, size);
                                       },
                                       path);
  ASSERT_TRUE(contents.ok()) << contents.status();
  ASSERT_EQ(contents->samples.size(), 3);
  const auto names = SampleNames(**shard, contents->samples);
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_THAT(*names, ElementsAre("a/1.jpg", "a/2.jpg", "b.jpg"));
}

TEST(SampleNames, AChangedShardIsNamed) {
  const std::string path = base::NewFolder("changed") + "/0.tar";
  base::WriteFile(path, Archive());
  const auto shard = ShardFile::Open(path);
  ASSERT_TRUE(shard.ok()) << shard.status();
  const auto names = SampleNames(**shard, {{1024, 5, 3}, {1024, 4, 3}});
  ASSERT_FALSE(names.ok());
  EXPECT_EQ(names.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(names.status().message()), StartsWith(path));
  EXPECT_THAT(std::string(names.status().message()),
              HasSubstr("has no image of 4 bytes at byte 1024 any more"));
}

}  // namespace
}  // namespace caldera::data
