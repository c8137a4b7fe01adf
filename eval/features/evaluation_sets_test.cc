#include "eval/features/evaluation_sets.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace caldera::eval {
namespace {

// A data set of labels without images.
class Labels : public data::Dataset {
 public:
  Labels(int64_t num_classes, std::vector<int64_t> labels)
      : labels_(std::move(labels)) {
    info_.name = "made_up";
    info_.num_classes = num_classes;
  }
  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return labels_.size(); }
  absl::StatusOr<at::Tensor> Image(int64_t) const override {
    return absl::NotFoundError("no image");
  }
  int64_t Label(int64_t i) const override { return labels_[i]; }

 private:
  std::vector<int64_t> labels_;
  data::DatasetInfo info_;
};

DatasetPointer Make(int64_t num_classes, std::vector<int64_t> labels) {
  return std::make_shared<Labels>(num_classes, std::move(labels));
}

std::vector<int64_t> LabelsOf(const data::Dataset& dataset) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    labels.push_back(dataset.Label(i));
  }
  return labels;
}

std::string Error(EvalSpec::Part part, const DatasetPointer& train,
                  const DatasetPointer& test) {
  const auto sets = MakeEvaluationSets(part, train, test);
  EXPECT_EQ(sets.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(sets.status().message());
}

TEST(EvaluationSets, TestTakesBothSplits) {
  const auto train = Make(3, {0, 1, 2}), test = Make(3, {2});
  const auto sets = MakeEvaluationSets(EvalSpec::TEST, train, test);
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->train, train);
  EXPECT_EQ(sets->test, test);
  EXPECT_EQ(sets->num_classes, 3);
}

TEST(EvaluationSets, ValidationHoldsOutEverySixthTrainingImage) {
  const auto train = Make(20, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
  const auto sets = MakeEvaluationSets(EvalSpec::VALIDATION, train, nullptr);
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(LabelsOf(*sets->test), (std::vector<int64_t>{5, 11}));
  EXPECT_EQ(LabelsOf(*sets->train),
            (std::vector<int64_t>{0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13}));
}

TEST(EvaluationSets, WhatWouldSpoilAMeasurementIsNamed) {
  const auto good = Make(3, {0, 1, 2});
  EXPECT_EQ(Error(EvalSpec::TEST, good, Make(3, {})),
            "made_up, test images: there are none");
  EXPECT_EQ(Error(EvalSpec::TEST, Make(0, {-1}), good),
            "made_up, training images: the set has no labels, which k-NN and "
            "the probe need");
  EXPECT_EQ(Error(EvalSpec::TEST, good, Make(4, {0})),
            "made_up, test images: 4 classes, but the training images have 3");
  EXPECT_EQ(Error(EvalSpec::TEST, good, Make(3, {0, 0, -1})),
            "made_up, test images: label -1 of image 2 is not between 0 and 2; "
            "take unlabelled images out of the set");
  EXPECT_EQ(Error(EvalSpec::TEST, Make(3, {3}), good),
            "made_up, training images: label 3 of image 0 is not between 0 and "
            "2; take unlabelled images out of the set");
  EXPECT_EQ(Error(EvalSpec::VALIDATION, good, nullptr),
            "measured_on: VALIDATION holds out every 6th training image, but "
            "there are only 3; use TEST");
}

}  // namespace
}  // namespace caldera::eval
