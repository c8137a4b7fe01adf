#include "ssl/train/checkpoint.h"

#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string NewFolder(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  fs::remove_all(path);
  fs::create_directories(path);
  return path;
}

Checkpoint Make(int64_t step) {
  return {step,
          {{"w", at::randn({3, 4})}, {"b", at::randn({2}, at::kDouble)}},
          {{"step.w", at::full({}, static_cast<double>(step), at::kFloat)}}};
}

void FlipByte(const std::string& path, int64_t from_end) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(-from_end, std::ios::end);
  const char byte = static_cast<char>(file.get());
  file.seekp(-from_end, std::ios::end);
  file.put(static_cast<char>(byte ^ 1));
}

TEST(Checkpoint, ComesBackBitForBit) {
  const std::string folder = NewFolder("round_trip");
  const Checkpoint saved = Make(12);
  ASSERT_TRUE(SaveCheckpoint(folder, saved, 2).ok());
  const auto loaded = LoadLatestCheckpoint(folder);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_TRUE(loaded->has_value());
  EXPECT_EQ((*loaded)->step, 12);
  EXPECT_TRUE((*loaded)->model.at("w").equal(saved.model.at("w")));
  EXPECT_TRUE((*loaded)->model.at("b").equal(saved.model.at("b")));
  EXPECT_TRUE(
      (*loaded)->optimizer.at("step.w").equal(saved.optimizer.at("step.w")));
}

TEST(Checkpoint, KeepsTheNewestOnly) {
  const std::string folder = NewFolder("keep");
  for (const int64_t step : {5, 90, 100}) {
    ASSERT_TRUE(SaveCheckpoint(folder, Make(step), 2).ok());
  }
  EXPECT_FALSE(fs::exists(folder + "/step_5"));
  EXPECT_TRUE(fs::exists(folder + "/step_90"));
  EXPECT_EQ((*LoadLatestCheckpoint(folder))->step, 100);
}

TEST(Checkpoint, WritingTheSameStepAgainReplacesIt) {
  const std::string folder = NewFolder("again");
  ASSERT_TRUE(SaveCheckpoint(folder, Make(5), 2).ok());
  const Checkpoint second = Make(5);
  ASSERT_TRUE(SaveCheckpoint(folder, second, 2).ok());
  EXPECT_TRUE((*LoadLatestCheckpoint(folder))
                  ->model.at("w")
                  .equal(second.model.at("w")));
}

TEST(Checkpoint, NoneIsNoError) {
  const auto loaded = LoadLatestCheckpoint(NewFolder("none"));
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->has_value());
}

// A crash while writing leaves step_N.partial, which is no checkpoint.
TEST(Checkpoint, HalfWrittenFoldersAreNotSeen) {
  const std::string folder = NewFolder("partial");
  ASSERT_TRUE(SaveCheckpoint(folder, Make(5), 2).ok());
  fs::create_directories(folder + "/step_9.partial");
  EXPECT_EQ((*LoadLatestCheckpoint(folder))->step, 5);
  ASSERT_TRUE(SaveCheckpoint(folder, Make(9), 2).ok());
  EXPECT_FALSE(fs::exists(folder + "/step_9.partial"));
}

TEST(Checkpoint, EveryDamagedFileIsFoundAndPassedOver) {
  for (const char* name :
       {"model.safetensors", "optimizer.safetensors", "manifest.json"}) {
    const std::string folder = NewFolder(std::string("damaged_") + name);
    ASSERT_TRUE(SaveCheckpoint(folder, Make(5), 2).ok());
    ASSERT_TRUE(SaveCheckpoint(folder, Make(9), 2).ok());
    const std::string file = folder + "/step_9/" + name;
    if (std::string(name) == "manifest.json") {
      fs::resize_file(file, 10);
    } else {
      FlipByte(file, 3);
    }
    EXPECT_THAT(
        std::string(LoadCheckpoint(folder + "/step_9").status().message()),
        HasSubstr(file));
    const auto loaded = LoadLatestCheckpoint(folder);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ((*loaded)->step, 5);
    fs::remove(folder + "/step_5/" + name);
    EXPECT_THAT(std::string(LoadLatestCheckpoint(folder).status().message()),
                HasSubstr("no checkpoint in"));
  }
}

TEST(Checkpoint, AnUnwritableFolderIsAnError) {
  const absl::Status status =
      SaveCheckpoint("/proc/no/such/folder", Make(1), 2);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/no/such/folder"));
}

}  // namespace
}  // namespace caldera::ssl
