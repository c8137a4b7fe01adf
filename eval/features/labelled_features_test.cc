#include "eval/features/labelled_features.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

LabelledFeatures Good(int64_t rows = 4, int64_t width = 3) {
  return {at::zeros({rows, width}), at::arange(rows, at::kLong)};
}

// Returns the error's text, "" if there is none.
std::string Complaint(const LabelledFeatures& data, int64_t classes = 4) {
  return std::string(CheckLabelledFeatures(data, "train", classes).message());
}

TEST(LabelledFeaturesTest, AcceptsEveryFloatingPointType) {
  for (const auto dtype : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    LabelledFeatures data = Good();
    data.features = data.features.to(dtype);
    EXPECT_EQ(Complaint(data), "");
  }
}

TEST(LabelledFeaturesTest, NamesTheRowThatIsNotFinite) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           -std::numeric_limits<double>::infinity(), 1e16}) {
    LabelledFeatures data = Good();
    data.features[2][1].fill_(bad);
    EXPECT_EQ(Complaint(data),
              "train features: row 2 holds NaN, infinity or a value beyond "
              "1e15: the encoder has diverged; take an earlier checkpoint");
  }
}

TEST(LabelledFeaturesTest, NamesTheLabelOutside) {
  LabelledFeatures data = Good();
  EXPECT_EQ(Complaint(data, 3),
            "train labels: label 3 of row 3 is not between 0 and 2");
  data.labels[1].fill_(-1);
  EXPECT_EQ(Complaint(data),
            "train labels: label -1 of row 1 is not between 0 and 3");
}

TEST(LabelledFeaturesTest, RefusesWrongShapesAndTypes) {
  const std::string features = "train features: ";
  const std::string labels = "train labels: ";
  EXPECT_EQ(Complaint({}).find(features), 0);
  EXPECT_EQ(Complaint({at::zeros({4, 3}), {}}).find(labels), 0);
  EXPECT_EQ(Complaint({at::zeros({4}), at::zeros({4}, at::kLong)}),
            "train features: not a floating-point matrix [N, D]");
  EXPECT_EQ(Complaint({at::zeros({4, 3}, at::kLong), at::zeros({4}, at::kLong)})
                .find(features),
            0);
  EXPECT_EQ(Complaint({at::zeros({4, 3}), at::zeros({4})}).find(labels), 0);
  EXPECT_EQ(Complaint({at::zeros({4, 3}), at::zeros({5}, at::kLong)}),
            "train labels: 5 labels for 4 rows of features");
  EXPECT_EQ(Complaint(Good(0)), "train features: empty: 0 rows of 3");
  EXPECT_EQ(Complaint(Good(4, 0)), "train features: empty: 4 rows of 0");
  EXPECT_EQ(Complaint(Good(), 0), "num_classes: 0 is not at least 1");
}

TEST(LabelledFeaturesTest, WidthsOfTrainAndTestMustAgree) {
  EXPECT_TRUE(CheckTrainAndTest(Good(), Good(2), 4).ok());
  EXPECT_EQ(CheckTrainAndTest(Good(4, 3), Good(2, 5), 4).message(),
            "test features: width 5 is not the train features' 3");
}

}  // namespace
}  // namespace caldera::eval
