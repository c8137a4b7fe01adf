#include "eval/features/labelled_features.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <c10/util/Exception.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace caldera::eval {
namespace {

// Squares of values up to here, summed over any width, stay finite in float.
constexpr double kLargestValue = 1e15;
// The numbers that are checked at a time: their sizes and masks take 20 MiB.
constexpr int64_t kNumbersAtATime = 1 << 22;

absl::Status Refuse(std::string_view name, std::string_view which,
                    const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(name), " ", std::string(which), ": ", what));
}

// Returns the first row with a value that is not finite or too large, or -1.
int64_t FirstUnusableRow(const at::Tensor& features) {
  const int64_t block =
      std::max<int64_t>(1, kNumbersAtATime / features.size(1));
  for (int64_t begin = 0; begin < features.size(0); begin += block) {
    const int64_t rows = std::min(block, features.size(0) - begin);
    // The comparison is false for NaN too.
    const at::Tensor usable = at::abs(features.narrow(0, begin, rows))
                                  .le(kLargestValue)
                                  .all(1);  // [rows]
    if (!usable.all().item<bool>()) {
      return begin + usable.logical_not().to(at::kInt).argmax().item<int64_t>();
    }
  }
  return -1;
}

}  // namespace

absl::Status CheckFeatures(const at::Tensor& features, std::string_view name) {
  if (!features.defined() || features.dim() != 2 ||
      !features.is_floating_point()) {
    return Refuse(name, "features", "not a floating-point matrix [N, D]");
  }
  if (features.size(0) == 0 || features.size(1) == 0) {
    return Refuse(name, "features",
                  absl::StrCat("empty: ", features.size(0), " rows of ",
                               features.size(1)));
  }
  if (const int64_t row = FirstUnusableRow(features); row >= 0) {
    return Refuse(name, "features",
                  absl::StrCat("row ", row,
                               " holds NaN, infinity or a value beyond 1e15: "
                               "the encoder has diverged; take an earlier "
                               "checkpoint"));
  }
  return absl::OkStatus();
}

int64_t CheckFeaturesBytes(int64_t rows, int64_t width) {
  constexpr int64_t kNumberAndMask = 4 + 1;
  return kNumberAndMask *
         std::min(rows * width, std::max(width, kNumbersAtATime));
}

absl::Status CheckLabelledFeatures(const LabelledFeatures& data,
                                   std::string_view name, int64_t num_classes) {
  const at::Tensor& features = data.features;
  const at::Tensor& labels = data.labels;
  if (num_classes < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("num_classes: ", num_classes, " is not at least 1"));
  }
  RETURN_IF_ERROR(CheckFeatures(features, name));
  if (!labels.defined() || labels.dim() != 1 ||
      labels.scalar_type() != at::kLong) {
    return Refuse(name, "labels", "not an int64 vector [N]");
  }
  if (labels.size(0) != features.size(0)) {
    return Refuse(name, "labels",
                  absl::StrCat(labels.size(0), " labels for ", features.size(0),
                               " rows of features"));
  }
  const at::Tensor outside = labels.lt(0).logical_or_(labels.ge(num_classes));
  if (outside.any().item<bool>()) {
    const int64_t row = outside.to(at::kInt).argmax().item<int64_t>();
    return Refuse(
        name, "labels",
        absl::StrCat("label ", labels[row].item<int64_t>(), " of row ", row,
                     " is not between 0 and ", num_classes - 1));
  }
  return absl::OkStatus();
}

absl::Status CheckTrainAndTest(const LabelledFeatures& train,
                               const LabelledFeatures& test,
                               int64_t num_classes) {
  RETURN_IF_ERROR(CheckLabelledFeatures(train, "train", num_classes));
  RETURN_IF_ERROR(CheckLabelledFeatures(test, "test", num_classes));
  if (train.features.size(1) != test.features.size(1)) {
    return Refuse(
        "test", "features",
        absl::StrCat("width ", test.features.size(1),
                     " is not the train features' ", train.features.size(1)));
  }
  return absl::OkStatus();
}

}  // namespace caldera::eval
