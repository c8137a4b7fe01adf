#include "data/loader/validate_data_spec.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check_ranges.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "data/augment/pixel_op/pixel_op_part.h"
#include "data/augment/validate_augment_spec.h"
#include "data/augment/views.h"
#include "data/split.h"

namespace caldera::data {
namespace {

constexpr int kMaxViews = 256;

absl::Status ValidateViews(const DataSpec& spec) {
  if (spec.view().empty()) {
    const int count = spec.augment().count();
    RETURN_IF_ERROR(base::FieldCheck()
                        .Require(count == 1, "augment.count", count, "is not 1",
                                 "for several views write `view` for `augment`")
                        .status());
    return base::Within("augment", ValidateInsideView(spec.augment(), {}));
  }
  if (spec.has_augment()) {
    return absl::InvalidArgumentError(
        "augment: is given beside `view`; write each view as a `view`");
  }
  int64_t count = 0;
  std::vector<AugmentSpec> earlier;
  for (int i = 0; i < spec.view_size(); ++i) {
    const std::string path = absl::StrCat("view[", i, "]");
    RETURN_IF_ERROR(base::Within(path, Validate(spec.view(i))));
    if (count < kMaxViews) {
      RETURN_IF_ERROR(
          base::Within(path, ValidateInsideView(spec.view(i), earlier)));
    }
    count += spec.view(i).count();
    if (count <= kMaxViews) {
      earlier.insert(earlier.end(), spec.view(i).count(), spec.view(i));
    }
  }
  return base::FieldCheck()
      .Require(count <= kMaxViews, "view", count,
               absl::StrCat("views are more than ", kMaxViews),
               "lower the counts")
      .status();
}

// Refuses what data/augment/augment_on_device.h cannot do: it crops and flips
// only.
absl::Status ValidateOnDevice(const DataSpec& spec) {
  if (!spec.loader().on_device()) return absl::OkStatus();
  for (const AugmentSpec& view : ViewsOf(spec)) {
    const std::string field = view.has_random_crop() ? "random_crop"
                              : view.has_center_crop()
                                  ? "center_crop"
                                  : PixelOpPart::FirstFieldOf(view);
    if (field.empty()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "loader.on_device: true, but a view has ", field,
        "; the device only does random_resized_crop and horizontal_flip"));
  }
  return absl::OkStatus();
}

absl::Status ValidateMeanAndStd(const DataSpec& spec) {
  const int count = spec.mean_size();
  if (count != spec.std_size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("std: has ", spec.std_size(), " values and mean has ",
                     count, "; give one of each a channel, or neither"));
  }
  if (count != 0 && count != 1 && count != 3) {
    return absl::InvalidArgumentError(absl::StrCat(
        "mean: has ", count, " values; give one a channel, 1 or 3"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const DataSpec& spec) {
  if (spec.dataset().empty()) {
    return absl::InvalidArgumentError(
        "dataset: '' names no data set; give fashion_mnist or a folder");
  }
  RETURN_IF_ERROR(base::About("split", ParseSplit(spec.split())));
  RETURN_IF_ERROR(base::CheckRanges(spec));
  if (spec.has_class_list() && spec.class_list().empty()) {
    return absl::InvalidArgumentError(
        "class_list: '' names no file; give a text file with the names of "
        "class folders, or leave the field out");
  }
  RETURN_IF_ERROR(ValidateMeanAndStd(spec));
  RETURN_IF_ERROR(base::Within("augment", Validate(spec.augment())));
  RETURN_IF_ERROR(ValidateViews(spec));
  return ValidateOnDevice(spec);
}

}  // namespace caldera::data
