// Lets every call of the writer fail once, and ends the process or cuts the
// power at each of them: the checkpoint that loads afterwards is the old or the
// new one, bit for bit.
#include "ssl/train/checkpoint/save_checkpoint.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "ssl/train/checkpoint/checkpoint_testing.h"
#include "ssl/train/checkpoint/file_system_testing.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

CheckpointPlan Keep(int64_t keep_last) {
  CheckpointPlan plan;
  plan.interval = 1;
  plan.keep_last = keep_last;
  plan.total_steps = 100;
  return plan;
}

absl::Status Save(const std::string& folder, const Checkpoint& checkpoint,
                  const CheckpointPlan& plan = Keep(2)) {
  FaultyFileSystem files({});  // without a fault
  return SaveCheckpoint(files, folder, checkpoint, plan);
}

std::vector<std::string> Leftovers(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".partial") names.push_back(entry.path());
  }
  return names;
}

// Makes a folder with steps 3 and 5 (and a damaged 9, if asked), then saves
// step 9 through a file system that fails as `at` says. The plan keeps one
// checkpoint, so that older ones are removed. Returns the number of calls made,
// or 0 if the fault was not reached.
int64_t FailOnce(const FaultAt& at, bool damaged) {
  const Checkpoint three = MakeCheckpoint(3), five = MakeCheckpoint(5),
                   nine = MakeCheckpoint(9);
  const std::string folder = NewCheckpointFolder("faults");
  EXPECT_TRUE(Save(folder, three).ok());
  EXPECT_TRUE(Save(folder, five).ok());
  if (damaged) {
    EXPECT_TRUE(Save(folder, MakeCheckpoint(9)).ok());
    fs::resize_file(folder + "/step_9/optimizer.safetensors", 20);
  }
  absl::Status status;
  int64_t calls = 0;
  {
    FaultyFileSystem files(at);
    status = SaveCheckpoint(files, folder, nine, Keep(1));
    calls = files.calls();
    files.CutPower();
  }
  const std::string where =
      testing::PrintToString(at.call) + ": " + status.ToString();
  const auto loaded = LoadLatestCheckpoint(folder);
  EXPECT_TRUE(loaded.ok()) << where << loaded.status();
  if (!loaded.ok() || !loaded->has_value()) {
    ADD_FAILURE() << "nothing loads, call " << where;
    return 0;
  }
  if (status.ok()) {
    ExpectSame(**loaded, nine);
  } else {
    // The new checkpoint may be complete if only its durability is in doubt.
    ExpectSame(**loaded, (*loaded)->step == 9 ? nine : five);
  }
  // The next save works and removes all leftovers.
  EXPECT_TRUE(Save(folder, MakeCheckpoint(12)).ok()) << where;
  EXPECT_THAT(Leftovers(folder), testing::IsEmpty()) << where;
  EXPECT_EQ((*LoadLatestCheckpoint(folder))->step, 12) << where;
  EXPECT_EQ(fs::read_symlink(folder + "/latest"), "step_12") << where;
  return calls < at.call ? 0 : calls;
}

void FailAtEveryCall(Fault fault, int error = 0) {
  for (const bool damaged : {false, true}) {
    int64_t call = 1;
    while (FailOnce({call, fault, error}, damaged) != 0) {
      ++call;
      if (testing::Test::HasFailure()) return;
    }
    // These are three files, folders, names, and the removal of older
    // checkpoints.
    EXPECT_GT(call, 30);
  }
}

TEST(SaveCheckpoint, AnErrorAtEachCall) {
  FailAtEveryCall(Fault::kError, EIO);
  FailAtEveryCall(Fault::kError, ENOSPC);
}

TEST(SaveCheckpoint, ADeadProcessAtEachCall) { FailAtEveryCall(Fault::kKill); }

TEST(SaveCheckpoint, LostDataAtEachCall) { FailAtEveryCall(Fault::kLoseData); }

TEST(SaveCheckpoint, APowerCutAtEachCall) { FailAtEveryCall(Fault::kPowerCut); }

TEST(SaveCheckpoint, ADiskThatFillsUpAtEachCall) {
  FailAtEveryCall(Fault::kFull);
}

// EINTR is no error, and a write may take any part of the bytes.
TEST(SaveCheckpoint, InterruptedAndShortWrites) {
  for (int64_t call = 1; call < 20; ++call) {
    const std::string folder = NewCheckpointFolder("short");
    FaultyFileSystem files({call, Fault::kNone, 0, 7});
    const Checkpoint saved = MakeCheckpoint(4);
    ASSERT_TRUE(SaveCheckpoint(files, folder, saved, Keep(1)).ok());
    ExpectSame(**LoadLatestCheckpoint(folder), saved);
  }
  const std::string folder = NewCheckpointFolder("interrupted");
  // The calls: mkdir, open, write.
  FaultyFileSystem files({3, Fault::kError, EINTR});
  const Checkpoint saved = MakeCheckpoint(4);
  ASSERT_TRUE(SaveCheckpoint(files, folder, saved, Keep(1)).ok());
  ExpectSame(**LoadLatestCheckpoint(folder), saved);
}

TEST(SaveCheckpoint, AFullDiskIsNamedAndLeavesNothingBehind) {
  const std::string folder = NewCheckpointFolder("full");
  ASSERT_TRUE(Save(folder, MakeCheckpoint(5)).ok());
  FaultyFileSystem files({1, Fault::kFull});
  const absl::Status status =
      SaveCheckpoint(files, folder, MakeCheckpoint(9), Keep(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("step_9.partial/model.safetensors"));
  EXPECT_THAT(Leftovers(folder), testing::IsEmpty());
}

TEST(SaveCheckpoint, ADamagedOneOfTheSameStepIsReplaced) {
  const std::string folder = NewCheckpointFolder("again");
  ASSERT_TRUE(Save(folder, MakeCheckpoint(5)).ok());
  ASSERT_TRUE(Save(folder, MakeCheckpoint(9)).ok());
  fs::resize_file(folder + "/step_9/model.safetensors", 3);
  EXPECT_EQ((*LoadLatestCheckpoint(folder))->step, 5);
  const Checkpoint again = MakeCheckpoint(9);
  ASSERT_TRUE(Save(folder, again).ok());
  ExpectSame(**LoadLatestCheckpoint(folder), again);
}

// A damaged step_9 must not push out step_5, from which the run resumed.
TEST(SaveCheckpoint, DamagedOnesAheadDoNotCountAsKept) {
  const std::string folder = NewCheckpointFolder("ahead");
  ASSERT_TRUE(Save(folder, MakeCheckpoint(5)).ok());
  ASSERT_TRUE(Save(folder, MakeCheckpoint(9)).ok());
  ASSERT_TRUE(Save(folder, MakeCheckpoint(7)).ok());
  EXPECT_EQ(CheckpointSteps(folder), (std::vector<int64_t>{9, 7, 5}));
}

TEST(SaveCheckpoint, KeepsTheNewestAndWhatStaysForGood) {
  const std::string folder = NewCheckpointFolder("keep");
  CheckpointPlan plan = Keep(2);
  plan.keep_every = 20;
  for (int64_t step = 5; step <= 50; step += 5) {
    ASSERT_TRUE(Save(folder, MakeCheckpoint(step), plan).ok());
  }
  EXPECT_EQ(CheckpointSteps(folder), (std::vector<int64_t>{50, 45, 40, 20}));
  EXPECT_TRUE(fs::exists(folder + "/latest/manifest.json"));
}

TEST(SaveCheckpoint, WhatMustBeDurableFirstComesFirst) {
  const std::string folder = NewCheckpointFolder("first");
  bool called = false;
  const auto before = [&] {
    EXPECT_FALSE(fs::exists(folder + "/step_5"));
    called = true;
    return absl::OkStatus();
  };
  ASSERT_TRUE(SaveCheckpoint(base::FileSystem::Real(), folder,
                             MakeCheckpoint(5), Keep(1), before)
                  .ok());
  EXPECT_TRUE(called);
  EXPECT_EQ(SaveCheckpoint(base::FileSystem::Real(), folder, MakeCheckpoint(9),
                           Keep(1), [] { return absl::AbortedError("x"); }),
            absl::AbortedError("x"));
  EXPECT_EQ(CheckpointSteps(folder), std::vector<int64_t>{5});
  EXPECT_THAT(Leftovers(folder), testing::IsEmpty());
}

TEST(PrepareCheckpoints, RemovesTheLeftoversOfCrashes) {
  const std::string folder = NewCheckpointFolder("leftovers");
  fs::create_directories(folder + "/step_9.partial");
  std::ofstream(folder + "/step_9.partial/model.safetensors") << "half";
  fs::create_symlink("step_9", folder + "/latest.partial");
  ASSERT_TRUE(
      PrepareCheckpoints(base::FileSystem::Real(), folder, 1000, Keep(2)).ok());
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST(PrepareCheckpoints, AFullOrUnwritableDiskIsKnownBeforeTraining) {
  const std::string folder = NewCheckpointFolder("prepare");
  FaultyFileSystem full({1, Fault::kFull});
  absl::Status status = PrepareCheckpoints(full, folder, 1000, Keep(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder));
  EXPECT_TRUE(fs::is_empty(folder));

  const double room = static_cast<double>(fs::space(folder).available);
  const auto third = static_cast<uint64_t>(room / 2.5);
  status = PrepareCheckpoints(base::FileSystem::Real(), folder, third, Keep(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("3 checkpoints of "));
  // A run that keeps one of them has enough space.
  CheckpointPlan single = Keep(2);
  single.interval = single.total_steps;
  EXPECT_TRUE(
      PrepareCheckpoints(base::FileSystem::Real(), folder, third, single).ok());

  status =
      PrepareCheckpoints(base::FileSystem::Real(), "/proc/no/such", 1, Keep(2));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/no/such"));
}

TEST(CheckFinite, FindsOneNumberInAnyType) {
  for (const at::ScalarType type :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
      at::Tensor tensor = at::full({3, 7}, 65000, type);  // near half's largest
      const vit::StateDict state = {{"count", at::ones({2}, at::kLong)},
                                    {"weight", tensor}};
      EXPECT_TRUE(CheckFinite(state).ok()) << type;
      tensor[2][6] = bad;
      EXPECT_EQ(CheckFinite(state).message(),
                "the tensor \"weight\" is not finite")
          << type << " " << bad;
    }
  }
}

}  // namespace
}  // namespace caldera::ssl
