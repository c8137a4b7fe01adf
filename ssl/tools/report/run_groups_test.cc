#include "ssl/tools/report/run_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file_testing.h"
#include "eval/results.h"
#include "ssl/spec/load_experiment.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// Makes a run folder of fashion_mnist/mae with these overrides.
void MakeRun(const std::string& path,
             const std::vector<std::string>& overrides) {
  const auto experiment = LoadExperiment("fashion_mnist/mae", overrides);
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  fs::create_directories(path);
  base::WriteFile(path + "/experiment.textproto", ExperimentText(*experiment));
}

void AddResult(const std::string& path, const std::string& features,
               const std::string& task, const std::string& feature,
               double top1) {
  const json row = {{"features", features},
                    {"task", task},
                    {"setting", {{"feature", feature}, {"l2", 1}, {"k", 10}}},
                    {"top1", top1}};
  ASSERT_TRUE(eval::AppendResult(path + "/results.json", row).ok());
}

RunGroups GroupsOf(const std::string& folder) {
  const auto groups = ReadRunGroups(folder);
  EXPECT_TRUE(groups.ok()) << groups.status();
  return groups.ok() ? *groups : RunGroups();
}

std::vector<std::string> Paths(const RunGroup& group) {
  std::vector<std::string> paths;
  for (const IndexedRun& run : group.runs) paths.push_back(run.path);
  return paths;
}

TEST(ReadRunGroups, SeedsAreOneGroupTheBestFirst) {
  const std::string folder = base::NewFolder("groups");
  for (const char* seed : {"0", "1"}) {
    for (const char* rate : {"1e-3", "3e-3"}) {
      MakeRun(folder + "/mae/" + rate + "/seed_" + seed,
              {std::string("optimizer.base_lr=") + rate,
               std::string("seed=") + seed});
    }
  }
  const std::string slow = folder + "/mae/1e-3/seed_";
  const std::string fast = folder + "/mae/3e-3/seed_";
  // By the probe's better feature 3e-3 is best, by k-NN it would not be.
  AddResult(slow + "0", "mae", "linear", "mean", 70);
  AddResult(slow + "0", "mae", "knn", "mean", 90);
  AddResult(slow + "0", "random encoder", "linear", "mean", 99);
  AddResult(fast + "0", "mae", "linear", "mean", 60);
  AddResult(fast + "0", "mae", "linear", "cls", 71);
  AddResult(fast + "1", "mae", "linear", "cls", 77);
  base::WriteFile(fast + "0/encoder.safetensors", "");
  base::WriteFile(fast + "1/report.html", "");

  const RunGroups groups = GroupsOf(folder);
  ASSERT_EQ(groups.groups.size(), 2);
  EXPECT_THAT(groups.measures, ElementsAre("linear, l2=1", "k-NN, k=10, ?"));
  const RunGroup& best = groups.groups[0];
  EXPECT_THAT(Paths(best), ElementsAre("mae/3e-3/seed_0", "mae/3e-3/seed_1"));
  EXPECT_TRUE(best.runs[0].finished);
  EXPECT_FALSE(best.runs[0].report);
  EXPECT_FALSE(best.runs[1].finished);
  EXPECT_TRUE(best.runs[1].report);
  EXPECT_EQ(best.runs[1].seed, "1");
  const GroupMeasure& measure = best.measures.at("linear, l2=1");
  EXPECT_EQ(measure.feature, "cls");
  EXPECT_DOUBLE_EQ(measure.mean, 74);
  EXPECT_DOUBLE_EQ(measure.deviation, std::sqrt(18));
  EXPECT_EQ(measure.runs, 2);
  // Floors are not the run's own.
  EXPECT_DOUBLE_EQ(groups.groups[1].measures.at("linear, l2=1").mean, 70);
}

TEST(ReadRunGroups, WhatCannotBeReadIsANote) {
  const std::string folder = base::NewFolder("damaged");
  MakeRun(folder + "/a", {});
  base::WriteFile(folder + "/a/results.json", "[");
  fs::create_directories(folder + "/b");
  base::WriteFile(folder + "/b/experiment.textproto", "knob: 3");
  fs::create_directories(folder + "/c");
  base::WriteFile(folder + "/c/metrics.jsonl", "");
  const RunGroups groups = GroupsOf(folder);
  ASSERT_EQ(groups.groups.size(), 3);
  EXPECT_THAT(groups.groups[0].runs[0].note, HasSubstr("results.json"));
  EXPECT_THAT(groups.groups[1].runs[0].note, HasSubstr("knob"));
  EXPECT_EQ(groups.groups[1].runs[0].seed, "");
  EXPECT_TRUE(groups.groups[1].fields.empty());
  EXPECT_NE(groups.groups[2].runs[0].note, "");
}

TEST(ReadRunGroups, FindsRunsAtAnyDepthButNotBehindLinks) {
  const std::string folder = base::NewFolder("deep");
  MakeRun(folder + "/x/y/z", {});
  fs::create_directory_symlink("..", folder + "/x/up");
  // A run folder itself holds no runs.
  MakeRun(folder + "/x/y/z/inside", {"seed=5"});
  const RunGroups groups = GroupsOf(folder);
  ASSERT_EQ(groups.groups.size(), 1);
  EXPECT_THAT(Paths(groups.groups[0]), ElementsAre("x/y/z"));
}

TEST(ReadRunGroups, RefusesAFolderWithoutRuns) {
  const std::string folder = base::NewFolder("none");
  EXPECT_THAT(std::string(ReadRunGroups(folder).status().message()),
              HasSubstr("holds no run"));
  EXPECT_EQ(ReadRunGroups(folder + "/no").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace caldera::ssl
