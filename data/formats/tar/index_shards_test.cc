#include "data/formats/tar/index_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_testing.h"
#include "base/read_file.h"
#include "data/formats/tar/tar_testing.h"

namespace caldera::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Shard(const std::string& label) {
  return TarBlocks({"a.jpg", "pixels"}) + TarBlocks({"a.cls", label}) +
         TarEnd();
}

std::vector<int> Labels(const std::string& folder,
                        const std::vector<std::string>& names) {
  const std::vector<ReadShard> shards = IndexShards(folder, names, 3);
  EXPECT_EQ(shards.size(), names.size());
  std::vector<int> labels;
  for (int i = 0; i < shards.size(); ++i) {
    EXPECT_TRUE(shards[i].status.ok()) << shards[i].status;
    EXPECT_EQ(shards[i].name, names[i]);
    EXPECT_EQ(shards[i].contents.samples.size(), 1);
    labels.push_back(shards[i].contents.samples[0].label);
  }
  return labels;
}

using Ints = std::vector<int>;

TEST(IndexShards, ReadsHeadersOnceAndAgainWhereAShardHasChanged) {
  const std::string folder = base::NewFolder("kept");
  base::WriteFile(folder + "/a.tar", Shard("3"));
  base::WriteFile(folder + "/b.tar", Shard("4"));
  EXPECT_EQ(Labels(folder, {"a.tar", "b.tar"}), (Ints{3, 4}));
  const std::string index = folder + "/.caldera_index";
  const std::string first = *base::ReadFile(index, 1 << 20);

  // With the same size and time, the index entry stays.
  const auto time = std::filesystem::last_write_time(folder + "/a.tar");
  base::WriteFile(folder + "/a.tar", Shard("5"));
  std::filesystem::last_write_time(folder + "/a.tar", time);
  EXPECT_EQ(Labels(folder, {"a.tar", "b.tar"}), (Ints{3, 4}));
  EXPECT_EQ(*base::ReadFile(index, 1 << 20), first);

  std::filesystem::last_write_time(folder + "/a.tar",
                                   time + std::chrono::nanoseconds(1000));
  EXPECT_EQ(Labels(folder, {"b.tar", "a.tar"}), (Ints{4, 5}));
  base::WriteFile(folder + "/b.tar", Shard("6") + TarEnd());
  std::filesystem::last_write_time(folder + "/b.tar", time);
  EXPECT_EQ(Labels(folder, {"a.tar", "b.tar"}), (Ints{5, 6}));
  base::WriteFile(folder + "/c.tar", Shard("7"));
  EXPECT_EQ(Labels(folder, {"c.tar"}), (Ints{7}));
  // Nothing but the index is left in the folder.
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++files;
    EXPECT_EQ(entry.path().string().find("XX"), std::string::npos);
  }
  EXPECT_EQ(files, 4);
}

TEST(IndexShards, ADamagedIndexIsMadeAgain) {
  const std::string folder = base::NewFolder("damaged");
  base::WriteFile(folder + "/a.tar", Shard("3"));
  base::WriteFile(folder + "/.caldera_index", "caldera tar index 2\nshard 1 2");
  EXPECT_EQ(Labels(folder, {"a.tar"}), (Ints{3}));
  EXPECT_TRUE(
      ParseTarIndex(*base::ReadFile(folder + "/.caldera_index", 1 << 20), "x")
          .ok());
}

TEST(IndexShards, KeepsWhatIsNoErrorAndOtherShards) {
  const std::string folder = base::NewFolder("bad");
  base::WriteFile(folder + "/a.tar", Shard("3"));
  base::WriteFile(folder + "/b.tar", Shard("1048576"));
  base::WriteFile(folder + "/c.tar", "");
  base::WriteFile(folder + "/d.tar", Shard("4") + TarBlocks({"b.jpg", "x"}));
  for (int i = 0; i < 10; ++i) {
    const auto shards =
        IndexShards(folder, {"a.tar", "b.tar", "c.tar", "d.tar", "e.tar"}, 3);
    EXPECT_TRUE(shards[0].status.ok());
    EXPECT_THAT(std::string(shards[1].status.message()),
                StartsWith(folder + "/b.tar: a.cls is not a number"));
    EXPECT_TRUE(shards[2].status.ok());
    EXPECT_EQ(shards[2].contents.not_read.Text(), "1 empty shard ()");
    EXPECT_TRUE(shards[3].status.ok());
    EXPECT_THAT(shards[3].contents.damage, HasSubstr("is cut off"));
    EXPECT_EQ(shards[4].status.code(), absl::StatusCode::kNotFound);
  }
  const std::string index = folder + "/.caldera_index";
  EXPECT_EQ(ParseTarIndex(*base::ReadFile(index, 1 << 20), "x")->shards.size(),
            3);
  // Another split has its shards in the same folder.
  base::WriteFile(folder + "/e.tar", Shard("5"));
  std::filesystem::remove(folder + "/c.tar");
  EXPECT_EQ(Labels(folder, {"e.tar"}), (Ints{5}));
  EXPECT_EQ(ParseTarIndex(*base::ReadFile(index, 1 << 20), "x")->shards.size(),
            3);
}

TEST(IndexShards, AnyNameOfAShardIsReadBack) {
  const std::string folder = base::NewFolder("names");
  for (const std::string name :
       {"line\nbreak.tar", "Gr\xf6\xdf\\e.tar", " a  b .tar", "\"q\".tar"}) {
    base::WriteFile(folder + "/" + name, Shard("3"));
    EXPECT_EQ(Labels(folder, {name}), (Ints{3}));
    // The index answers, not the file, which has the same size and time.
    const auto time = std::filesystem::last_write_time(folder + "/" + name);
    base::WriteFile(folder + "/" + name, Shard("4"));
    std::filesystem::last_write_time(folder + "/" + name, time);
    EXPECT_EQ(Labels(folder, {name}), (Ints{3})) << name;
  }
}

// A package for another kind of image may have been installed since.
TEST(IndexShards, AnIndexOfOtherKindsOfImagesIsMadeAgain) {
  const std::string folder = base::NewFolder("kinds");
  base::WriteFile(folder + "/a.tar", Shard("3"));
  EXPECT_EQ(Labels(folder, {"a.tar"}), (Ints{3}));
  const std::string path = folder + "/.caldera_index";
  TarIndex index = *ParseTarIndex(*base::ReadFile(path, 1 << 20), "x");
  index.shards[0].contents.samples[0].label = 9;
  base::WriteFile(path, TarIndexBytes(index));
  EXPECT_EQ(Labels(folder, {"a.tar"}), (Ints{9}));
  index.endings += " .new";
  base::WriteFile(path, TarIndexBytes(index));
  EXPECT_EQ(Labels(folder, {"a.tar"}), (Ints{3}));
}

TEST(IndexShards, AnIndexOfAnotherVersionIsMadeAgain) {
  const std::string folder = base::NewFolder("old");
  base::WriteFile(folder + "/a.tar", Shard("3"));
  base::WriteFile(folder + "/.caldera_index", "caldera tar index 1\nend\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(Labels(folder, {"a.tar"}), (Ints{3}));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(
      ParseTarIndex(*base::ReadFile(folder + "/.caldera_index", 1 << 20), "x")
          .ok());
}

}  // namespace
}  // namespace caldera::data
