#include "ssl/methods/class_count.h"

#include <gtest/gtest.h>

#include <string>

namespace caldera::ssl {
namespace {

// Its labels are i mod num_classes, and -1 at `unlabelled`.
class Labels : public data::Dataset {
 public:
  explicit Labels(int64_t num_classes, int64_t unlabelled = -1)
      : unlabelled_(unlabelled) {
    info_.name = "letters";
    info_.num_classes = num_classes;
  }
  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return 20; }
  absl::StatusOr<at::Tensor> Image(int64_t /*i*/) const override {
    return absl::UnimplementedError("labels alone");
  }
  int64_t Label(int64_t i) const override {
    return i == unlabelled_ ? -1 : i % info_.num_classes;
  }

 private:
  data::DatasetInfo info_;
  int64_t unlabelled_;
};

Experiment Asking(int num_classes) {
  Experiment experiment;
  experiment.mutable_classification();
  if (num_classes > 0) {
    experiment.mutable_classification()->set_num_classes(num_classes);
  }
  return experiment;
}

std::string Error(const Experiment& experiment, const data::Dataset* dataset) {
  return std::string(ClassCount(experiment, dataset).status().message());
}

TEST(ClassCount, IsTheDataSets) {
  const Labels letters(5);
  EXPECT_EQ(*ClassCount(Asking(0), &letters), 5);
  EXPECT_EQ(*ClassCount(Asking(5), &letters), 5);
  EXPECT_EQ(*ClassCount(Asking(7), nullptr), 7);
}

TEST(ClassCount, RefusesWhatDoesNotMatch) {
  const Labels letters(5), gap(5, 17), none(0), one(1);
  EXPECT_EQ(Error(Asking(6), &letters),
            "classification.num_classes: 6, but letters has 5 classes; leave "
            "it out");
  EXPECT_EQ(Error(Asking(0), &gap),
            "data.split: train of letters holds images without a label (the "
            "first is image 17), but classification learns labels; choose a "
            "labelled split");
  EXPECT_EQ(Error(Asking(0), &none),
            "data.dataset: letters has no labels, but classification learns "
            "labels; choose a labelled set");
  EXPECT_EQ(Error(Asking(0), &one),
            "data.dataset: letters has a single class, but classification "
            "learns labels; choose a labelled set");
  EXPECT_EQ(Error(Asking(0), nullptr),
            "classification.num_classes: is missing, and there is no data set "
            "to tell it");
}

}  // namespace
}  // namespace caldera::ssl
