#include "eval/evaluation_sets.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <vector>

namespace caldera::eval {
namespace {

// Row i is (i, i) with the label i + 100; the test split is twice as long.
LabelledFeatures Split(int64_t n) {
  const at::Tensor index = at::arange(n, at::kLong);
  return {index.to(at::kFloat).unsqueeze(1).repeat({1, 2}), index + 100};
}

TEST(ExtractSets, TestAsksForBothSplits) {
  const auto sets = ExtractSets(EvalSpec::TEST, [](data::Split split) {
    return Split(split == data::Split::kTrain ? 7 : 14);
  });
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_TRUE(at::equal(sets->train.labels, Split(7).labels));
  EXPECT_TRUE(at::equal(sets->test.features, Split(14).features));
}

TEST(ExtractSets, ValidationHoldsOutEverySixthTrainingImageOnce) {
  std::vector<data::Split> asked;
  const auto sets = ExtractSets(EvalSpec::VALIDATION, [&](data::Split split) {
    asked.push_back(split);
    return Split(14);
  });
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(asked, std::vector<data::Split>{data::Split::kTrain});
  EXPECT_TRUE(at::equal(sets->test.labels, at::tensor({105, 111}, at::kLong)));
  EXPECT_TRUE(at::equal(
      sets->train.labels,
      at::tensor({100, 101, 102, 103, 104, 106, 107, 108, 109, 110, 112, 113},
                 at::kLong)));
  EXPECT_TRUE(at::equal(sets->train.features.select(1, 0) + 100,
                        sets->train.labels.to(at::kFloat)));
}

TEST(ExtractSets, TooFewImagesToHoldOutFromAreRefused) {
  const auto sets =
      ExtractSets(EvalSpec::VALIDATION, [](data::Split) { return Split(5); });
  EXPECT_EQ(sets.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(sets.status().message().find("only 5"), std::string::npos);
}

}  // namespace
}  // namespace caldera::eval
