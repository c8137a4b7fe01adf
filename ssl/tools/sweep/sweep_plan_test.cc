#include "ssl/tools/sweep/sweep_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "eval/spec/eval.pb.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/tools/sweep/vary.h"

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(const std::string& specs, const std::string& seeds,
                    const std::vector<std::string>& overrides = {}) {
  const auto runs = PlanSweep(specs, seeds, "out", overrides);
  EXPECT_FALSE(runs.ok()) << specs;
  return std::string(runs.status().message());
}

TEST(PlanSweep, SpecsTimesSeedsInOrder) {
  const auto runs =
      PlanSweep("fashion_mnist/mae@4+2,fashion_mnist/u_mae", "0,1", "out",
                {"train.steps=7", "eval.knn.k=[3]"});
  ASSERT_TRUE(runs.ok()) << runs.status();
  std::vector<std::string> folders;
  for (const SweepRun& run : *runs) {
    folders.push_back(run.folder);
    EXPECT_EQ(run.experiment.seed(), run.seed);
    EXPECT_EQ(run.experiment.train().steps(), 7);
    EXPECT_EQ(run.experiment.eval().knn().k(0), 3);
  }
  EXPECT_THAT(folders, ElementsAre("out/fashion_mnist/mae/seed_4",
                                   "out/fashion_mnist/mae/seed_2",
                                   "out/fashion_mnist/u_mae/seed_0",
                                   "out/fashion_mnist/u_mae/seed_1"));
  EXPECT_EQ((*runs)[2].spec, "fashion_mnist/u_mae");
  EXPECT_THAT((*runs)[0].train_overrides,
              ElementsAre("train.steps=7", "seed=4"));
}

TEST(PlanSweep, ShortensEachSpecByTheSameShare) {
  const auto runs = PlanSweep("fashion_mnist/mae,cifar10/mae", "0", "out", {},
                              /*length_scale=*/0.3);
  ASSERT_TRUE(runs.ok()) << runs.status();
  const auto whole = PlanSweep("fashion_mnist/mae,cifar10/mae", "0", "out", {});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ((*whole)[0].experiment.train().steps(), 1500);
  EXPECT_EQ((*runs)[0].experiment.train().steps(), 450);
  EXPECT_THAT((*runs)[0].train_overrides,
              ElementsAre("seed=0", "train.steps=450"));
  EXPECT_DOUBLE_EQ((*runs)[1].experiment.train().epochs(),
                   0.3 * (*whole)[1].experiment.train().epochs());
  for (const double scale : {0.0, -1.0, std::nan("")}) {
    const auto refused = PlanSweep("fashion_mnist/mae", "0", "out", {}, scale);
    EXPECT_THAT(std::string(refused.status().message()),
                HasSubstr("--length_scale: "));
  }
}

TEST(PlanSweep, RefusesBeforeAnythingStarts) {
  EXPECT_THAT(ErrorOf("", "0"), HasSubstr("--spec is missing"));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae,fashion_mnist/m_mea", "0"),
              HasSubstr("did you mean \"fashion_mnist/m_mae\"?"));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae,", "0"), HasSubstr("no spec \"\""));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae", "0,x"), HasSubstr("seed \"x\""));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae", ""), HasSubstr("seed \"\""));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae", "-1"), HasSubstr("seed \"-1\""));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae@0+", "0"), HasSubstr("\"0+\""));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae,fashion_mnist/mae", "0"),
              HasSubstr("two runs would share"));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae", "1,1"),
              HasSubstr("two runs would share"));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae", "0", {"seed=3"}),
              HasSubstr("--seeds=3"));
  EXPECT_THAT(ErrorOf("fashion_mnist/mae", "0", {"train.epoch=3"}),
              HasSubstr("did you mean \"epochs\"?"));
}

TEST(PlanSweep, TrainsEachSpecAtEachPoint) {
  const auto varied = ParseVary({"optimizer.base_lr=1e-3,3e-3"});
  ASSERT_TRUE(varied.ok()) << varied.status();
  const auto points = Grid(*varied);
  ASSERT_TRUE(points.ok()) << points.status();
  const auto runs =
      PlanSweep("fashion_mnist/mae,fashion_mnist/u_mae", "0,1", "out",
                {"eval.knn.k=[3]"}, /*length_scale=*/0.5, *points);
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), 8);
  const SweepRun& run = (*runs)[3];
  EXPECT_EQ(run.folder, "out/fashion_mnist/mae/base_lr=0.003/seed_1");
  EXPECT_EQ(run.setting, "fashion_mnist/mae base_lr=0.003");
  EXPECT_EQ(run.point, "base_lr=0.003");
  EXPECT_DOUBLE_EQ(run.experiment.optimizer().base_lr(), 3e-3);
  EXPECT_EQ(run.experiment.eval().measured_on(), eval::EvalSpec::VALIDATION);
  EXPECT_EQ(run.experiment.eval().knn().k(0), 3);
  EXPECT_THAT(run.train_overrides, ElementsAre("optimizer.base_lr=3e-3",
                                               "eval.measured_on=VALIDATION",
                                               "seed=1", "train.steps=750"));
  EXPECT_EQ((*runs)[7].folder, "out/fashion_mnist/u_mae/base_lr=0.003/seed_1");
}

TEST(PlanSweep, RefusesPointsBeforeAnythingStarts) {
  const auto error = [](const std::string& vary,
                        const std::vector<std::string>& overrides,
                        const std::string& spec = "fashion_mnist/mae") {
    const auto varied = ParseVary({vary});
    EXPECT_TRUE(varied.ok()) << varied.status();
    const auto points = Grid(*varied);
    EXPECT_TRUE(points.ok()) << points.status();
    return std::string(
        PlanSweep(spec, "0", "out", overrides, 1, *points).status().message());
  };
  // The last of several points is loaded, too.
  EXPECT_THAT(error("mae.mask_ratio=0.5,7", {}), HasSubstr("mask_ratio"));
  EXPECT_THAT(error("mae.mask_ratoi=0.5,0.6", {}),
              HasSubstr("did you mean \"mask_ratio\"?"));
  EXPECT_THAT(error("train.steps=5,6", {"train.steps=7"}),
              HasSubstr("--vary gives train.steps already"));
  EXPECT_THAT(error("train.steps=5,6", {"eval.measured_on=TEST"}),
              HasSubstr("measure the chosen runs with //:probe"));
  EXPECT_EQ(error("train.steps=5,6", {"eval.measured_on=VALIDATION"}), "");
  EXPECT_THAT(error("train.epochs=5,6", {}, "fashion_mnist/scratch"),
              HasSubstr("whose labels classification learns"));
}

TEST(CheckFolder, TakesWhatWasTrainedAlikeAndRefusesTheRest) {
  const std::string output = testing::TempDir() + "/sweep_plan_test";
  const auto plan = [&](const std::vector<std::string>& overrides) {
    const auto runs = PlanSweep("fashion_mnist/mae", "0", output, overrides);
    EXPECT_TRUE(runs.ok()) << runs.status();
    return (*runs)[0];
  };
  const SweepRun run = plan({});
  EXPECT_TRUE(CheckFolder(run).ok());  // nothing there yet
  std::filesystem::create_directories(run.folder);
  std::ofstream(run.folder + "/experiment.textproto")
      << ExperimentText(run.experiment);
  EXPECT_TRUE(CheckFolder(run).ok());
  EXPECT_TRUE(CheckFolder(plan({"eval.measured_on=VALIDATION"})).ok());
  EXPECT_TRUE(CheckFolder(plan({"data.loader.workers=3"})).ok());
  const absl::Status other = CheckFolder(plan({"train.steps=7"}));
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.message()),
              HasSubstr("train.steps: 1500 -> 7"));
}

}  // namespace
}  // namespace caldera::ssl
