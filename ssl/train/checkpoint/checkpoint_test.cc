#include "ssl/train/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "base/file_testing.h"
#include "ssl/train/checkpoint/checkpoint_testing.h"
#include "ssl/train/checkpoint/save_checkpoint.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void Save(const std::string& folder, const Checkpoint& checkpoint) {
  CheckpointPlan plan;
  plan.total_steps = 100;
  ASSERT_TRUE(
      SaveCheckpoint(base::FileSystem::Real(), folder, checkpoint, plan).ok());
}

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Makes steps 5 and 9; the tests damage 9.
struct Pair {
  explicit Pair(const std::string& name)
      : folder(NewCheckpointFolder(name)), five(MakeCheckpoint(5)) {
    Save(folder, five);
    Save(folder, MakeCheckpoint(9));
  }
  void ExpectFiveIsUsed() const {
    const auto loaded = LoadLatestCheckpoint(folder);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    ExpectSame(**loaded, five);
  }
  std::string folder;
  Checkpoint five;
};

TEST(Checkpoint, ComesBackBitForBit) {
  const std::string folder = NewCheckpointFolder("round_trip");
  const Checkpoint saved = MakeCheckpoint(12);
  Save(folder, saved);
  const auto loaded = LoadLatestCheckpoint(folder);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_TRUE(loaded->has_value());
  ExpectSame(**loaded, saved);
}

TEST(Checkpoint, NoneIsNoError) {
  const auto loaded = LoadLatestCheckpoint(NewCheckpointFolder("none"));
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->has_value());
}

TEST(Checkpoint, OnlyFoldersOfStepsAreSeen) {
  const std::string folder = NewCheckpointFolder("names");
  for (const char* name :
       {"step_9.partial", "step_", "step_07", "step_7x", "step_-3", "best"}) {
    fs::create_directories(folder + "/" + name);
  }
  fs::create_directories(folder + "/step_8");
  fs::create_directories(folder + "/step_10");
  EXPECT_EQ(CheckpointSteps(folder), (std::vector<int64_t>{10, 8}));
}

// Changes the first and last bytes, and random ones between, of each file:
// header, tensors, manifest.
TEST(Checkpoint, AnyChangedByteIsFoundAndPassedOver) {
  const Pair pair("changed");
  std::mt19937 random(7);
  for (const char* name :
       {Checkpoint::kModel, Checkpoint::kOptimizer, Checkpoint::kManifest}) {
    const std::string file = pair.folder + "/step_9/" + name;
    const std::string bytes = base::FileText(file);
    for (int i = 0; i < 60; ++i) {
      const size_t at = i < 20   ? static_cast<size_t>(i)
                        : i < 30 ? bytes.size() - 1 - (i - 20)
                                 : random() % bytes.size();
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
      Write(file, damaged);
      EXPECT_THAT(
          std::string(
              LoadCheckpoint(pair.folder + "/step_9").status().message()),
          HasSubstr(pair.folder + "/step_9/"))
          << name << " " << at;
      pair.ExpectFiveIsUsed();
    }
    Write(file, bytes);
    EXPECT_EQ((*LoadLatestCheckpoint(pair.folder))->step, 9);
  }
}

TEST(Checkpoint, TruncatedLengthenedAndMissingFilesAreFound) {
  const Pair pair("truncated");
  for (const char* name :
       {Checkpoint::kModel, Checkpoint::kOptimizer, Checkpoint::kManifest}) {
    const std::string file = pair.folder + "/step_9/" + name;
    const std::string bytes = base::FileText(file);
    for (const size_t size :
         {size_t{0}, size_t{5}, bytes.size() / 2, bytes.size() - 1}) {
      Write(file, bytes.substr(0, size));
      pair.ExpectFiveIsUsed();
    }
    Write(file, bytes + "\n");
    pair.ExpectFiveIsUsed();
    fs::remove(file);
    EXPECT_THAT(
        std::string(LoadCheckpoint(pair.folder + "/step_9").status().message()),
        HasSubstr(file));
    pair.ExpectFiveIsUsed();
    fs::create_directories(file);
    pair.ExpectFiveIsUsed();
    fs::remove(file);
    Write(file, bytes);
  }
}

TEST(Checkpoint, AFolderUnderAnotherNameIsNotTakenForThatStep) {
  const Pair pair("renamed");
  fs::rename(pair.folder + "/step_9", pair.folder + "/step_90");
  pair.ExpectFiveIsUsed();
}

// `latest` is for people: whatever it names, the newest checkpoint that
// verifies is used.
TEST(Checkpoint, TheLinkIsNotTrusted) {
  const Pair pair("link");
  const std::string link = pair.folder + "/latest";
  EXPECT_EQ(fs::read_symlink(link), "step_9");
  for (const char* target : {"", "step_77", "step_5", "/no/such/place"}) {
    fs::remove(link);
    if (*target != '\0') fs::create_symlink(target, link);
    EXPECT_EQ((*LoadLatestCheckpoint(pair.folder))->step, 9) << target;
  }
  Save(pair.folder, MakeCheckpoint(12));
  EXPECT_EQ(fs::read_symlink(link), "step_12");
}

TEST(Checkpoint, AllDamagedIsAnError) {
  const Pair pair("all");
  for (const char* step : {"5", "9"}) {
    fs::resize_file(pair.folder + "/step_" + step + "/model.safetensors", 10);
  }
  EXPECT_EQ(LoadLatestCheckpoint(pair.folder).status(),
            absl::DataLossError("no checkpoint in " + pair.folder +
                                " can be read; remove the run folder to start "
                                "anew"));
}

}  // namespace
}  // namespace caldera::ssl
