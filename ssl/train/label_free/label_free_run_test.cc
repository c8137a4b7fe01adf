#include "ssl/train/label_free/label_free_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "eval/features/opened_splits.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/spec/load_experiment.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;
using testing::StartsWith;

class LabelFreeRunTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string folder = base::NewFolder("label_free_photos");
    for (int i = 0; i < 40; ++i) {
      // Not of one colour, so that two crops of it differ.
      std::string bytes = data::BmpBytes(8, 8, 5 * i, 255 - 3 * i, 40);
      constexpr size_t kHeader = 54;
      for (size_t j = kHeader; j < bytes.size(); ++j) {
        bytes[j] = static_cast<char>(bytes[j] + 7 * j);
      }
      base::WriteFile(absl::StrCat(folder, "/", i, ".bmp"), bytes);
    }
    const auto experiment = LoadExperiment(
        "photos/mae",
        {"data.dataset=" + folder, "encoder.image_size=8",
         "encoder.patch_size=2", "encoder.embed_dim=16", "encoder.depth=1",
         "encoder.num_heads=2", "mae.decoder.embed_dim=16",
         "mae.decoder.depth=1", "mae.decoder.num_heads=2", "eval.workers=0"});
    ASSERT_TRUE(experiment.ok()) << experiment.status();
    auto plan = ExperimentPlan::Make(*experiment);
    ASSERT_TRUE(plan.ok()) << plan.status();
    const auto method = plan->BuildMethod();
    ASSERT_TRUE(method.ok()) << method.status();
    method_ = *method;
    auto held_out = HeldOutMeasures::Open(
        *experiment, eval::OpenSplits(experiment->data()), at::kCPU);
    ASSERT_TRUE(held_out.ok()) << held_out.status();
    run_ = std::make_unique<LabelFreeRun>(*experiment, *std::move(held_out),
                                          at::kCPU);
  }

  absl::StatusOr<std::string> Finish() {
    return run_->Finish("photos/mae", *method_, [this](const json& row) {
      rows_.push_back(row);
      return absl::OkStatus();
    });
  }

  std::shared_ptr<Method> method_;
  std::unique_ptr<LabelFreeRun> run_;
  std::vector<json> rows_;
};

TEST_F(LabelFreeRunTest, ComparesWithTheBeginning) {
  ASSERT_TRUE(run_->Begin(*method_).ok());
  {
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : method_->parameters()) parameter.mul_(3);
  }
  const auto verdict = Finish();
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  ASSERT_EQ(rows_.size(), 3);
  EXPECT_EQ(rows_[0]["features"], "photos/mae");
  EXPECT_EQ(rows_[1]["features"], "random encoder");
  for (const char* key : {"reconstruction", "effective_rank", "participation",
                          "alignment", "uniformity"}) {
    EXPECT_NE(rows_[0][key], rows_[1][key]) << key;
  }
  EXPECT_EQ(rows_[0]["setting"]["split"], "validation");
  EXPECT_EQ(rows_[2]["task"], "verdict");
  EXPECT_EQ(rows_[2]["verdict"], *verdict);
}

TEST_F(LabelFreeRunTest, WeightsThatHaveNotLearnedDidNotHelp) {
  ASSERT_TRUE(run_->Begin(*method_).ok());
  const auto verdict = Finish();
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_THAT(*verdict, StartsWith("training did not help: reconstruction"));
  EXPECT_EQ(rows_[0]["reconstruction"], rows_[1]["reconstruction"]);
}

TEST_F(LabelFreeRunTest, WithoutABeginningThereIsNoVerdict) {
  const auto verdict = Finish();
  EXPECT_TRUE(absl::IsFailedPrecondition(verdict.status())) << verdict.status();
  EXPECT_TRUE(rows_.empty());
}

}  // namespace
}  // namespace caldera::ssl
