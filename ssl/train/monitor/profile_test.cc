#include "ssl/train/monitor/profile.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/train/loop/trainer.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Experiment EightSteps() {
  static const std::string folder = [] {
    const std::string path = base::NewFolder("profile_data");
    data::WriteIdxSet(path, "train", 96, 8, 8);
    return path;
  }();
  Experiment experiment = TinyMethods().at("mu_mae");
  experiment.mutable_data()->set_dataset(folder);
  experiment.mutable_train()->set_steps(8);
  experiment.mutable_train()->set_log_every_steps(3);
  return experiment;
}

// Trains eight steps, profiled from 2 to 5 or not.
std::string RunFolderOf(const std::string& name, bool profiled,
                        int64_t stop_after = 0) {
  const std::string path = testing::TempDir() + "/" + name;
  TrainerOptions options;
  options.show_progress = false;
  options.should_stop = [=](int64_t done) { return done == stop_after; };
  auto trainer = Trainer::Create(EightSteps(), options);
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  auto folder = RunFolder::Open(path, EightSteps());
  EXPECT_TRUE(folder.ok()) << folder.status();
  if (profiled) {
    (*trainer)->Observe(
        std::make_unique<Profile>(StepRange{2, 5}, at::kCPU, path));
  }
  const auto finished = (*trainer)->Run(&*folder);
  EXPECT_TRUE(finished.ok()) << finished.status();
  return path;
}

TEST(Profile, LeavesATraceAndATableAndChangesNoBit) {
  // Each thread slice has a backward phase of its own.
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const std::string plain = RunFolderOf("plain", false);
  const std::string profiled = RunFolderOf("profiled", true);
  for (const char* file :
       {"/metrics.jsonl", "/checkpoints/step_8/model.safetensors",
        "/checkpoints/step_8/optimizer.safetensors"}) {
    EXPECT_TRUE(base::FileText(plain + file) == base::FileText(profiled + file))
        << file;
  }

  const auto trace = nlohmann::json::parse(
      base::FileText(profiled + "/profile/trace_2_5.json"));
  std::map<std::string, int> count;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.value("ph", "") == "X") ++count[event.at("name")];
  }
  for (const char* phase :
       {"step/load", "step/forward", "step/terms", "step/backward",
        "step/judge", "step/optimizer", "term/magma", "term/uniformity"}) {
    EXPECT_EQ(count[phase], 3) << phase;
  }
  EXPECT_EQ(count["step/log"], 1);  // after the third step
  EXPECT_GT(count["aten::addmm"], 0);
  at::set_num_threads(threads);

  const std::string table = base::FileText(profiled + "/profile/table.md");
  EXPECT_THAT(table, StartsWith("Steps 2 to 4\n\n| phase "));
  EXPECT_THAT(table, HasSubstr("| of which magma "));
  EXPECT_THAT(table, HasSubstr("\n| aten::"));
}

TEST(Profile, BeginsWhereTheRunGoesOn) {
  RunFolderOf("resumed", false, /*stop_after=*/4);
  const std::string path = RunFolderOf("resumed", true);
  EXPECT_TRUE(std::filesystem::exists(path + "/profile/trace_4_5.json"));
  RunFolderOf("late", false, /*stop_after=*/6);
  EXPECT_FALSE(std::filesystem::exists(RunFolderOf("late", true) + "/profile"));
}

TEST(Profile, ARunThatEndsInBetweenLeavesTheProfilerOff) {
  RunFolderOf("stopped", true, /*stop_after=*/3);
  RunFolderOf("stopped_again", true);
  EXPECT_TRUE(std::filesystem::exists(testing::TempDir() +
                                      "/stopped_again/profile/table.md"));
}

TEST(Profile, AFileThatCannotBeWrittenIsNamed) {
  const std::string path = testing::TempDir() + "/no_room";
  auto trainer = Trainer::Create(EightSteps(), {at::kCPU, false});
  ASSERT_TRUE(trainer.ok());
  (*trainer)->Observe(std::make_unique<Profile>(StepRange{2, 5}, at::kCPU,
                                                "/proc/no_such_folder"));
  auto folder = RunFolder::Open(path, EightSteps());
  ASSERT_TRUE(folder.ok());
  const auto finished = (*trainer)->Run(&*folder);
  ASSERT_FALSE(finished.ok());
  EXPECT_THAT(std::string(finished.status().message()),
              HasSubstr("cannot make /proc/no_such_folder/profile"));
}

TEST(ParseStepRange, TakesWhatLiesInTheRun) {
  const auto range = ParseStepRange("10:20", 20);
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->begin, 10);
  EXPECT_EQ(range->end, 20);
  EXPECT_TRUE(ParseStepRange("0:1", 1).ok());
}

TEST(ParseStepRange, RefusesWhatDoesNot) {
  const auto error = [](const char* text) {
    return std::string(ParseStepRange(text, 20).status().message());
  };
  for (const char* text :
       {"", "10", "a:b", "1:2:3", "1.5:2", "10-20", "99999999999999999999:5"}) {
    EXPECT_EQ(error(text), std::string("--profile_steps=") + text +
                               " is no range of steps; write 10:20 for ten "
                               "steps");
  }
  EXPECT_EQ(error("-1:3"),
            "--profile_steps=-1:3 begins before step 0, the first");
  EXPECT_THAT(error("10:5"), StartsWith("--profile_steps=10:5 is empty"));
  EXPECT_THAT(error("5:5"), HasSubstr("is empty"));
  EXPECT_EQ(error("10:21"),
            "--profile_steps=10:21 ends after the run, which has 20 steps (0 "
            "to 19)");
}

}  // namespace
}  // namespace caldera::ssl
