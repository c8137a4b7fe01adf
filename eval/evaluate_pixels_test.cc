#include "eval/evaluate_pixels.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/program/missing.h"
#include "eval/features/labelled_images_testing.h"
#include "eval/measuring_plan.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

class EvaluatePixelsTest : public testing::Test {
 protected:
  std::vector<json> Rows(int64_t image_size, double memory_gb) {
    spec_.set_memory_gb(memory_gb);
    std::vector<json> rows;
    base::Missing missing;
    EvaluatePixels(
        sets_, image_size, spec_, Tasks{},
        [&](const json& row) {
          rows.push_back(row);
          return absl::OkStatus();
        },
        missing);
    EXPECT_TRUE(missing.empty());
    return rows;
  }
  // Returns the memory that a side needs.
  double GigabytesOf(int64_t side) const {
    return 1.000001e-9 *
           PlanPixels(sets_, side, spec_, Tasks{}, int64_t{1} << 60).bytes;
  }

  const EvaluationSets sets_{std::make_shared<LabelledImages>(200),
                             std::make_shared<LabelledImages>(80, 1),
                             LabelledImages::kClasses};
  EvalSpec spec_;
};

TEST_F(EvaluatePixelsTest, WhatFitsDoesNotDependOnTheBound) {
  const std::vector<json> rows = Rows(24, 0);
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0]["features"], "raw pixels");
  EXPECT_EQ(rows[0]["task"], "knn");
  EXPECT_FALSE(rows[0]["setting"].contains("side"));
  EXPECT_EQ(rows[1]["train_size"], 200);
  EXPECT_EQ(Rows(24, 1000), rows);
  EXPECT_EQ(Rows(24, GigabytesOf(24)), rows);
}

TEST_F(EvaluatePixelsTest, ShrunkenPixelsSaySo) {
  const std::vector<json> rows = Rows(24, GigabytesOf(16));
  ASSERT_EQ(rows.size(), 2);
  for (const json& row : rows) {
    EXPECT_EQ(row["setting"]["side"], 16);
    EXPECT_GT(row["top1"], 90);
  }
  // They are what images of that side give.
  const std::vector<json> direct = Rows(16, 0);
  EXPECT_EQ(rows[0]["top1"], direct[0]["top1"]);
  EXPECT_EQ(rows[1]["iterations"], direct[1]["iterations"]);
}

TEST_F(EvaluatePixelsTest, WhatDoesNotFitAtAllIsLeftOut) {
  EXPECT_TRUE(Rows(24, 1e-6).empty());
  // k-NN alone fits where the probe of many classes does not.
  spec_.mutable_knn()->add_k(1);
  EvaluationSets many = sets_;
  many.num_classes = 4000;
  const auto knn = PlanPixels(many, 8, spec_, {true, false}, int64_t{1} << 60);
  const auto both = PlanPixels(many, 8, spec_, Tasks{}, int64_t{1} << 60);
  ASSERT_LT(knn.bytes, both.bytes);
  spec_.set_memory_gb(1e-9 * (knn.bytes + both.bytes) / 2);
  std::vector<json> rows;
  base::Missing missing;
  EvaluatePixels(
      many, 8, spec_, Tasks{},
      [&](const json& row) {
        rows.push_back(row);
        return absl::OkStatus();
      },
      missing);
  EXPECT_TRUE(missing.empty());
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0]["task"], "knn");
}

}  // namespace
}  // namespace caldera::eval
