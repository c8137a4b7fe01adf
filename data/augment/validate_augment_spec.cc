#include "data/augment/validate_augment_spec.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check_ranges.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

absl::Status CheckOrder(absl::string_view low_field, double low,
                        absl::string_view high_field, double high) {
  return base::FieldCheck()
      .Require(low <= high, low_field, low,
               absl::StrCat("is above ", high_field, ", ", high), "swap them")
      .status();
}

absl::Status CheckOrders(const RandomResizedCropSpec& spec) {
  RETURN_IF_ERROR(
      CheckOrder("min_scale", spec.min_scale(), "max_scale", spec.max_scale()));
  return CheckOrder("min_ratio", spec.min_ratio(), "max_ratio",
                    spec.max_ratio());
}

absl::Status CheckOrders(const RandomErasingSpec& spec) {
  RETURN_IF_ERROR(
      CheckOrder("min_area", spec.min_area(), "max_area", spec.max_area()));
  return CheckOrder("min_ratio", spec.min_ratio(), "max_ratio",
                    spec.max_ratio());
}

}  // namespace

absl::Status Validate(const AugmentSpec& spec) {
  RETURN_IF_ERROR(base::CheckRanges(spec));
  RETURN_IF_ERROR(base::Within("random_resized_crop",
                               CheckOrders(spec.random_resized_crop())));
  RETURN_IF_ERROR(
      base::Within("random_erasing", CheckOrders(spec.random_erasing())));
  return PixelOpPart::Read(spec).status();
}

absl::Status ValidateInsideView(const AugmentSpec& view,
                                const std::vector<AugmentSpec>& earlier) {
  if (!view.has_inside_view()) return absl::OkStatus();
  const int number = view.inside_view();
  if (number < 0 || number >= static_cast<int>(earlier.size())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "inside_view: ", number, " is no earlier view, of which there are ",
        earlier.size()));
  }
  // The rectangle of a random_resized_crop is all that its view shows.
  if (view.has_random_resized_crop() &&
      earlier[number].has_random_resized_crop()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("inside_view: ", number,
                   " cuts one random_resized_crop out of another, which ",
                   view.has_random_resized_crop() ? "that view" : "this one",
                   " does not have"));
}

}  // namespace caldera::data
