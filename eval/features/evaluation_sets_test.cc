#include "eval/features/evaluation_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
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
  void Name(std::vector<std::string> names) {
    info_.class_names = std::move(names);
  }

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

OpenedSplits Splits(DatasetPointer train, DatasetPointer test,
                    DatasetPointer validation = nullptr) {
  OpenedSplits splits;
  splits.train = std::move(train);
  splits.test = std::move(test);
  splits.validation = std::move(validation);
  if (splits.test == nullptr) {
    splits.why_no_test = absl::NotFoundError("made_up has no test split");
  }
  if (splits.validation == nullptr) {
    splits.why_no_validation = absl::NotFoundError("no validation split");
  }
  return splits;
}

std::string Error(EvalSpec::Part part, const OpenedSplits& splits) {
  const auto sets = MakeEvaluationSets(splits, {part});
  EXPECT_EQ(sets.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(sets.status().message());
}

TEST(EvaluationSets, TestTakesBothSplits) {
  const auto train = Make(3, {0, 1, 2}), test = Make(3, {2, 1, 0});
  const auto sets = MakeEvaluationSets(Splits(train, test), {EvalSpec::TEST});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->train, train);
  EXPECT_EQ(sets->test, test);
  EXPECT_EQ(sets->num_classes, 3);
  EXPECT_EQ(sets->no_labels, "");
  EXPECT_EQ(sets->source, "test");
  EXPECT_TRUE(sets->notes.empty());
  EXPECT_EQ(sets->train_bad, nullptr);
}

TEST(EvaluationSets, ValidationHoldsOutEverySixthTrainingImage) {
  const auto train = Make(20, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
  const auto sets = MakeEvaluationSets(
      Splits(train, nullptr), {EvalSpec::VALIDATION, data::LoaderSpec::SKIP});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(LabelsOf(*sets->test), (std::vector<int64_t>{5, 11}));
  EXPECT_EQ(LabelsOf(*sets->train),
            (std::vector<int64_t>{0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13}));
  EXPECT_EQ(sets->source, "validation");
  // Both are parts of one set.
  EXPECT_NE(sets->train_bad, nullptr);
  EXPECT_EQ(sets->train_bad, sets->test_bad);
}

TEST(EvaluationSets, AValidationSplitTakesThePlaceOfHeldOutImages) {
  const auto train = Make(2, {0, 1, 0, 1, 0, 1, 0}), test = Make(2, {0});
  const auto validation = Make(2, {1, 0});
  const auto sets = MakeEvaluationSets(Splits(train, test, validation),
                                       {EvalSpec::VALIDATION});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->train, train);
  EXPECT_EQ(sets->test, validation);
}

TEST(EvaluationSets, ImagesWithoutALabelAreLeftOut) {
  const auto sets = MakeEvaluationSets(
      Splits(Make(2, {0, -1, 1, -1}), Make(2, {-1, 1, 0})), {EvalSpec::TEST});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(LabelsOf(*sets->train), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(LabelsOf(*sets->test), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(sets->train_unlabelled, 2);
  EXPECT_EQ(sets->test_unlabelled, 1);
  EXPECT_THAT(sets->notes, testing::ElementsAre(
                               "made_up: 2 of 4 training images have no label; "
                               "k-NN and the probe leave them out",
                               "made_up: 1 of 3 test images have no label; "
                               "accuracies leave them out"));
}

// The part that is held out does not depend on the labels.
TEST(EvaluationSets, ValidationCountsImagesWithoutALabel) {
  const auto train = Make(3, {0, -1, 1, 0, 1, 2, 0, 1, 0, 1, 0, -1});
  const auto sets =
      MakeEvaluationSets(Splits(train, nullptr), {EvalSpec::VALIDATION});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(LabelsOf(*sets->test), (std::vector<int64_t>{2}));
  EXPECT_EQ(sets->test_unlabelled, 1);
  EXPECT_EQ(sets->train->size(), 9);
  EXPECT_EQ(sets->unseen, 1);
}

TEST(EvaluationSets, OtherClassesAreMeasuredAndSaid) {
  const auto sets = MakeEvaluationSets(
      Splits(Make(3, {0, 1, 2}), Make(5, {0, 4, 4, 3})), {EvalSpec::TEST});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->num_classes, 5);
  EXPECT_EQ(sets->unseen, 3);
  EXPECT_THAT(sets->notes, testing::ElementsAre(
                               "made_up: 3 of 4 test images are of classes "
                               "that no training image has; they can hardly "
                               "be right"));
  const auto fewer = MakeEvaluationSets(
      Splits(Make(3, {0, 1, 2}), Make(2, {0, 0})), {EvalSpec::TEST});
  ASSERT_TRUE(fewer.ok()) << fewer.status();
  EXPECT_EQ(fewer->num_classes, 3);
  EXPECT_THAT(fewer->notes,
              testing::ElementsAre("made_up: accuracies are measured on 1 of 3 "
                                   "classes: the test images have no others"));
}

std::string NoLabels(const OpenedSplits& splits) {
  const auto sets = MakeEvaluationSets(splits, {EvalSpec::TEST});
  EXPECT_TRUE(sets.ok()) << sets.status();
  EXPECT_GE(sets->test->size(), 1);
  return sets->no_labels;
}

TEST(EvaluationSets, WithoutLabelsImagesRemainForOtherMeasures) {
  const auto good = Make(3, {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2});
  EXPECT_EQ(NoLabels(Splits(Make(0, {-1, -1}), Make(0, {-1}))),
            "made_up has no labels");
  EXPECT_EQ(NoLabels(Splits(Make(2, {-1, -1}), Make(2, {0, 1}))),
            "made_up has no labels");
  const std::string one =
      "made_up: all training images with a label are of one class, which "
      "leaves nothing to tell apart";
  EXPECT_EQ(NoLabels(Splits(Make(1, {0, 0}), Make(1, {0}))), one);
  EXPECT_EQ(NoLabels(Splits(Make(3, {1, -1, 1}), Make(3, {0, 1, 2}))), one);
  EXPECT_EQ(NoLabels(Splits(good, Make(3, {-1, -1}))),
            "made_up: no image to measure on has a label");
  EXPECT_EQ(NoLabels(Splits(good, nullptr)),
            "made_up has no test split; eval.measured_on: VALIDATION holds out "
            "training images");
  EXPECT_EQ(NoLabels(Splits(good, Make(3, {}))),
            "made_up has no test images; eval.measured_on: VALIDATION holds "
            "out training images");
  const auto sets = MakeEvaluationSets(Splits(good, nullptr), {EvalSpec::TEST});
  EXPECT_EQ(LabelsOf(*sets->test), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(sets->source, "train");
}

TEST(EvaluationSets, WhatWouldSpoilAMeasurementIsNamed) {
  const auto good = Make(3, {0, 1, 2});
  EXPECT_EQ(Error(EvalSpec::TEST, Splits(good, Make(3, {0, 0, -2}))),
            "made_up, test images: label -2 of image 2 is not between 0 and 2; "
            "give it a class of the set");
  EXPECT_EQ(Error(EvalSpec::TEST, Splits(Make(3, {3}), good)),
            "made_up, training images: label 3 of image 0 is not between 0 and "
            "2; give it a class of the set");
  EXPECT_EQ(Error(EvalSpec::VALIDATION, Splits(good, nullptr)),
            "measured_on: VALIDATION holds out every 6th training image, but "
            "there are only 3; use TEST");
  OpenedSplits damaged = Splits(good, nullptr);
  damaged.why_no_test = absl::InvalidArgumentError("val: half a file");
  EXPECT_EQ(Error(EvalSpec::TEST, damaged), "val: half a file");
  const auto named = [](const std::string& second) {
    auto set = std::make_shared<Labels>(2, std::vector<int64_t>{0, 1});
    set->Name({"cat", second});
    return set;
  };
  EXPECT_EQ(Error(EvalSpec::TEST, Splits(named("dog"), named("fox"))),
            "made_up, test images: class 1 is fox, but dog in the training "
            "images; give both the same classes");
}

}  // namespace
}  // namespace caldera::eval
