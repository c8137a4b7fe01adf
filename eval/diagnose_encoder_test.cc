#include "eval/diagnose_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/program/missing.h"
#include "base/spec_fields.h"
#include "data/loader/bad_images.h"
#include "data/sets/subset.h"
#include "eval/diagnostics/spectrum.h"
#include "eval/diagnostics/token_code.h"
#include "eval/features/features.h"
#include "eval/features/labelled_images_testing.h"
#include "eval/features/tiny_encoder_testing.h"
#include "eval/measuring_plan.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

class DiagnoseEncoderTest : public testing::Test {
 protected:
  // Returns an error, or the first thing that is missing.
  absl::Status Diagnose(const std::optional<OtherEncoder>& other = {}) {
    rows_.clear();
    base::Missing missing;
    const absl::Status status = DiagnoseEncoder(
        "it", *encoder_, {images_, bad_}, spec_, at::kCPU, other,
        [this](const json& row) {
          rows_.push_back(row);
          return absl::OkStatus();
        },
        missing);
    if (!status.ok() || missing.empty()) return status;
    return absl::InternalError(missing.Lines()[0]);
  }

  std::shared_ptr<vit::Encoder> encoder_ = TinyEncoder(1);
  std::shared_ptr<LabelledImages> images_ =
      std::make_shared<LabelledImages>(50);
  std::shared_ptr<data::BadImages> bad_;
  EvalSpec spec_;
  std::vector<json> rows_;
};

TEST_F(DiagnoseEncoderTest, HasARowForEachBlockAndForTheNorm) {
  ASSERT_TRUE(Diagnose().ok());
  ASSERT_EQ(rows_.size(), 4);  // two blocks, the norm, CKA
  const bool norms[] = {false, false, true};
  const int blocks[] = {0, 1, 1};
  for (int r = 0; r < 3; ++r) {
    const json& row = rows_[r];
    EXPECT_EQ(row["task"], "diagnostics");
    EXPECT_EQ(row["setting"]["block"], blocks[r]);
    EXPECT_EQ(row["setting"]["norm"], norms[r]);
    EXPECT_EQ(row["setting"]["images"], 50);
    EXPECT_EQ(row["setting"]["graph_batch"], 256);
    EXPECT_EQ(row["covariance_spectrum"].size(), 16);
    EXPECT_GT(row["effective_rank"], 1);
    EXPECT_LT(row["effective_rank"], 16);
    EXPECT_GT(row["alignment"], 0);
    EXPECT_LT(row["uniformity"], 0);
    EXPECT_GT(row["mean_degree"], 0);
  }
  const auto features = ExtractReadouts(
      *encoder_, images_, {{"mean", {0}, false}}, ExtractOptions());
  EXPECT_NEAR(rows_[0]["effective_rank"].get<double>(),
              RankMe((*features)[0].features), 1e-6);
}

TEST_F(DiagnoseEncoderTest, TokensOfEachBlockAreMeasured) {
  ASSERT_TRUE(Diagnose().ok());
  std::vector<at::Tensor> tokens;
  ASSERT_TRUE(ForEachFeatures(*encoder_, images_, {{"mean", {1}, true, true}},
                              ExtractOptions(),
                              [&](const std::vector<at::Tensor>& some,
                                  const at::Tensor& /*labels*/) {
                                tokens.push_back(some[0]);
                                return absl::OkStatus();
                              })
                  .ok());
  ASSERT_EQ(tokens.size(), 1);
  const TokenCode code = MeasureTokens(tokens[0]);
  EXPECT_NEAR(rows_[2]["coding_rate"].get<double>(), code.coding_rate, 1e-6);
  EXPECT_EQ(rows_[2]["nonzero_share"], 1);

  // CRATE's blocks end in a ReLU behind a threshold.
  double share = 1;
  for (const double sparsity : {0.1, 5.0}) {
    vit::EncoderSpec sparse;
    ASSERT_TRUE(base::ParseSpec(
        absl::StrCat(base::SpecText(TinyEncoderSpec()),
                     "block: CRATE crate { sparsity: ", sparsity, " }"),
        &sparse));
    encoder_ = std::make_shared<vit::Encoder>(sparse);
    vit::InitializeVit(*encoder_, 1);
    ASSERT_TRUE(Diagnose().ok());
    EXPECT_LT(rows_[1]["nonzero_share"], share) << sparsity;
    share = rows_[1]["nonzero_share"];
  }
  EXPECT_GT(share, 0);
}

TEST_F(DiagnoseEncoderTest, KeepsWithinTheMemory) {
  // So many that the views weigh more than the tokens of a batch.
  images_ = std::make_shared<LabelledImages>(400);
  ASSERT_TRUE(Diagnose().ok());
  const std::vector<json> rows = rows_;
  const auto plan = [](int64_t budget) {
    return PlanDiagnosis(400, TinyEncoderSpec(), 3, 0, EvalSpec(), at::kCPU,
                         budget);
  };
  // One block's views at a time have the same bits.
  DiagnosisMeasuring one = plan(int64_t{1} << 60);
  while (one.views > 1) one = plan(one.bytes - 1);
  ASSERT_EQ(one.images, 400);
  ASSERT_EQ(one.batch_size, 512);
  spec_.set_memory_gb(1.000001e-9 * one.bytes);
  ASSERT_TRUE(Diagnose().ok());
  EXPECT_EQ(rows_, rows);
  // Fewer images say so.
  DiagnosisMeasuring few = one;
  while (few.images == 400) few = plan(few.bytes - 1);
  spec_.set_memory_gb(1.000001e-9 * few.bytes);
  ASSERT_TRUE(Diagnose().ok());
  EXPECT_EQ(rows_[0]["setting"]["images"], 200);
  spec_.set_memory_gb(1e-9);
  const absl::Status status = Diagnose();
  EXPECT_TRUE(rows_.empty());
  EXPECT_NE(status.message().find("set eval.memory_gb higher"),
            std::string::npos)
      << status;
}

TEST_F(DiagnoseEncoderTest, ViewsThatDoNotDifferAreAligned) {
  spec_.mutable_diagnostics()->mutable_augment()->set_horizontal_flip(0);
  ASSERT_TRUE(Diagnose().ok());
  EXPECT_LT(rows_[0]["alignment"].get<double>(), 1e-10);
}

TEST_F(DiagnoseEncoderTest, CkaComparesBlocksAndEncoders) {
  ASSERT_TRUE(Diagnose(OtherEncoder{"same", TinyEncoder(1)}).ok());
  ASSERT_EQ(rows_.size(), 5);
  for (const int r : {3, 4}) {
    const json& row = rows_[r];
    EXPECT_EQ(row["task"], "cka");
    EXPECT_EQ(row["readouts"].size(), 3);
    EXPECT_EQ(row["other_readouts"].size(), 3);
    for (int i = 0; i < 3; ++i) {
      EXPECT_NEAR(row["cka"][i][i].get<double>(), 1, 1e-6);
      EXPECT_NEAR(row["cka"][i][0].get<double>(),
                  row["cka"][0][i].get<double>(), 1e-6);
    }
    EXPECT_LT(row["cka"][0][2], 0.9999);
  }
  EXPECT_EQ(rows_[3]["setting"]["other"], "it");
  EXPECT_EQ(rows_[4]["setting"]["other"], "same");

  vit::EncoderSpec wide = TinyEncoderSpec();
  wide.set_image_size(16);
  wide.set_embed_dim(24);
  wide.set_depth(1);
  const auto other = std::make_shared<vit::Encoder>(wide);
  vit::InitializeVit(*other, 2);
  ASSERT_TRUE(Diagnose(OtherEncoder{"wide", other}).ok());
  EXPECT_EQ(rows_[4]["cka"].size(), 3);
  EXPECT_EQ(rows_[4]["cka"][0].size(), 2);
}

TEST_F(DiagnoseEncoderTest, TakesEvenlySpacedImages) {
  spec_.mutable_diagnostics()->set_images(7);
  ASSERT_TRUE(Diagnose().ok());
  EXPECT_EQ(rows_[0]["setting"]["images"], 7);
  images_->bad_image = 49;  // 0, 7, 14, 21, 28, 35 and 42 are read
  EXPECT_TRUE(Diagnose().ok());
  images_->bad_image = 42;
  EXPECT_FALSE(Diagnose().ok());
}

TEST_F(DiagnoseEncoderTest, ABlockThatHasDivergedCostsItsRowAlone) {
  encoder_->named_parameters()["blocks.1.mlp.fc2.bias"].data().fill_(NAN);
  Diagnose(OtherEncoder{"same", TinyEncoder(1)}).IgnoreError();
  ASSERT_EQ(rows_.size(), 3);  // block 0, CKA with itself and with the other
  EXPECT_EQ(rows_[0]["setting"]["block"], 0);
  EXPECT_EQ(rows_[1]["readouts"].size(), 1);
  EXPECT_EQ(rows_[2]["other_readouts"].size(), 3);
}

TEST_F(DiagnoseEncoderTest, ImagesThatCannotBeReadAreLeftOut) {
  const auto full = std::make_shared<LabelledImages>(50);
  images_->bad_every = 10;
  bad_ = std::make_shared<data::BadImages>();
  ASSERT_TRUE(Diagnose(OtherEncoder{"same", TinyEncoder(1)}).ok());
  ASSERT_EQ(rows_.size(), 5);
  EXPECT_EQ(rows_[0]["setting"]["images"], 45);
  EXPECT_EQ(rows_[0]["skipped"], 5);
  EXPECT_EQ(rows_[4]["setting"]["images"], 45);
  EXPECT_EQ(bad_->count(), 5);
  // It is what the readable images alone give.
  const json with_bad = rows_[0];
  images_ = full;
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < 50; ++i) {
    if (i % 10 != 9) rows.push_back(i);
  }
  const auto readable = data::Subset(full, rows);
  base::Missing missing;
  json first;
  ASSERT_TRUE(DiagnoseEncoder(
                  "it", *encoder_, {readable, nullptr}, spec_, at::kCPU, {},
                  [&](const json& row) {
                    if (first.is_null()) first = row;
                    return absl::OkStatus();
                  },
                  missing)
                  .ok());
  EXPECT_NEAR(first["effective_rank"].get<double>(),
              with_bad["effective_rank"].get<double>(), 1e-3);
  EXPECT_NEAR(first["alignment"].get<double>(),
              with_bad["alignment"].get<double>(), 1e-3);
}

TEST_F(DiagnoseEncoderTest, UserErrorsAreNamed) {
  encoder_->named_parameters()["blocks.1.mlp.fc2.bias"].data().fill_(NAN);
  EXPECT_EQ(Diagnose().message().find("diagnostics of it (mean, block 1): "
                                      "block 1 features: row 0 holds NaN"),
            0);
  vit::EncoderSpec bare = TinyEncoderSpec();
  bare.set_class_token(false);
  encoder_ = std::make_shared<vit::Encoder>(bare);
  spec_.set_feature("CLS");
  EXPECT_EQ(Diagnose().message().find("feature: CLS"), 0);
  spec_.clear_feature();
  images_ = std::make_shared<LabelledImages>(1);
  EXPECT_EQ(Diagnose().message(),
            "bars: 1 images, but diagnostics need at least 2");
}

}  // namespace
}  // namespace caldera::eval
