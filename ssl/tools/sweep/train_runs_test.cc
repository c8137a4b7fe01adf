#include "ssl/tools/sweep/train_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(VisibleGpus, KeepsTheNamesThatThisProcessHas) {
  unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_THAT(VisibleGpus(2), ElementsAre("0", "1"));
  EXPECT_TRUE(VisibleGpus(0).empty());
  setenv("CUDA_VISIBLE_DEVICES", "3,GPU-ab", 1);
  EXPECT_THAT(VisibleGpus(2), ElementsAre("3", "GPU-ab"));
  // LibTorch sees fewer where a name is wrong.
  EXPECT_THAT(VisibleGpus(1), ElementsAre("3"));
  unsetenv("CUDA_VISIBLE_DEVICES");
}

// What is trained is not trained again; tests/command_line trains.
TEST(TrainRuns, AFinishedRunEndsAtOnce) {
  SweepRun run;
  run.setting = "mae";
  run.folder = testing::TempDir() + "/trained";
  std::filesystem::create_directories(run.folder);
  EXPECT_FALSE(IsTrained(run));
  std::ofstream(run.folder + "/encoder.safetensors") << "weights";
  EXPECT_TRUE(IsTrained(run));
  std::vector<std::pair<size_t, bool>> ended;
  TrainingSetup setup;
  setup.parallel = 3;
  EXPECT_TRUE(TrainRuns(
      {run, run}, setup,
      [&](size_t i, const absl::Status& s) { ended.emplace_back(i, s.ok()); }));
  EXPECT_THAT(ended, ElementsAre(Pair(0, true), Pair(1, true)));
}

TEST(TrainRuns, ARecordedRunEndsAtOnce) {
  SweepRun run;
  run.setting = "mae";
  run.folder = testing::TempDir() + "/recorded";
  run.recorded = true;
  int ended = 0;
  EXPECT_TRUE(
      TrainRuns({run}, TrainingSetup(),
                [&](size_t, const absl::Status& s) { ended += s.ok(); }));
  EXPECT_EQ(ended, 1);
  EXPECT_FALSE(std::filesystem::exists(run.folder));
}

}  // namespace
}  // namespace caldera::ssl
