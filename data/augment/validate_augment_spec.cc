#include "data/augment/validate_augment_spec.h"

#include <initializer_list>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/field_path.h"
#include "base/status.h"

namespace caldera::data {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();
constexpr double kLeast = std::numeric_limits<double>::denorm_min();  // > 0

// A field that must lie in [low, high]. NaN does not.
struct Bound {
  absl::string_view field;
  double value, low, high;
  absl::string_view meaning;
};

absl::Status Refuse(const Bound& bound) {
  const bool positive = bound.low == kLeast;
  const std::string range =
      bound.high == kMost
          ? (positive ? "a positive number" : "a number from 0")
          : absl::StrCat("in ", positive ? "(0" : absl::StrCat("[", bound.low),
                         ", ", bound.high, "]");
  return absl::InvalidArgumentError(absl::StrCat(bound.field, ": ", bound.value,
                                                 " is not ", range, "; it is ",
                                                 bound.meaning));
}

absl::Status CheckAll(std::initializer_list<Bound> bounds) {
  for (const Bound& bound : bounds) {
    if (!(bound.value >= bound.low && bound.value <= bound.high)) {
      return Refuse(bound);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOrder(absl::string_view low_field, double low,
                        absl::string_view high_field, double high) {
  if (low <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(low_field, ": ", low,
                                                 " is above ", high_field, ", ",
                                                 high, "; swap them"));
}

// The first that is not OK.
absl::Status First(std::initializer_list<absl::Status> statuses) {
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

constexpr absl::string_view kProbability = "a probability";
constexpr absl::string_view kArea = "a share of the image's area";
constexpr absl::string_view kFactor =
    "how far the factor may lie from 1; 0 leaves it out";

absl::Status Validate(const RandomResizedCropSpec& spec) {
  return First(
      {CheckAll({{"min_scale", spec.min_scale(), kLeast, 1, kArea},
                 {"max_scale", spec.max_scale(), kLeast, 1, kArea}}),
       CheckOrder("min_scale", spec.min_scale(), "max_scale", spec.max_scale()),
       CheckAll(
           {{"min_ratio", spec.min_ratio(), kLeast, kMost, "width / height"},
            {"max_ratio", spec.max_ratio(), kLeast, kMost, "width / height"}}),
       CheckOrder("min_ratio", spec.min_ratio(), "max_ratio",
                  spec.max_ratio())});
}

absl::Status Validate(const RandomCropSpec& spec) {
  return CheckAll({{"padding", static_cast<double>(spec.padding()), 0, 4096,
                    "the pixels added on each side"}});
}

absl::Status Validate(const CenterCropSpec& spec) {
  // Below a hundredth the resized image would be a bomb.
  return CheckAll({{"share", spec.share(), 0.01, 1,
                    "the share of the resized short side that is kept"}});
}

absl::Status Validate(const ColorJitterSpec& spec) {
  return CheckAll({{"probability", spec.probability(), 0, 1, kProbability},
                   {"brightness", spec.brightness(), 0, 100, kFactor},
                   {"contrast", spec.contrast(), 0, 100, kFactor},
                   {"saturation", spec.saturation(), 0, 100, kFactor},
                   {"hue", spec.hue(), 0, 0.5,
                    "the largest turn of the colour wheel, 1 a whole one"}});
}

absl::Status Validate(const GaussianBlurSpec& spec) {
  constexpr absl::string_view kSigma = "a width in pixels";
  RETURN_IF_ERROR(
      First({CheckAll({{"probability", spec.probability(), 0, 1, kProbability},
                       {"min_sigma", spec.min_sigma(), kLeast, 1000, kSigma},
                       {"max_sigma", spec.max_sigma(), kLeast, 1000, kSigma}}),
             CheckOrder("min_sigma", spec.min_sigma(), "max_sigma",
                        spec.max_sigma())}));
  const int taps = spec.kernel_size();
  if (taps != 0 && (taps < 1 || taps > 1001 || taps % 2 == 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "kernel_size: ", taps,
        " is neither 0 nor odd and in [1, 1001]; 0 takes Pillow's box blurs"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const SolarizeSpec& spec) {
  return CheckAll({{"probability", spec.probability(), 0, 1, kProbability},
                   {"threshold", static_cast<double>(spec.threshold()), 0, 256,
                    "the lowest value that is inverted"}});
}

absl::Status Validate(const RandAugmentSpec& spec) {
  return CheckAll(
      {{"num_ops", static_cast<double>(spec.num_ops()), 0, 100,
        "the number of operations drawn for an image"},
       {"magnitude", spec.magnitude(), 0, 10, "timm's m"},
       {"magnitude_std", spec.magnitude_std(), 0, 100, "timm's mstd"},
       {"probability", spec.probability(), 0, 1, kProbability}});
}

}  // namespace

absl::Status Validate(const RandomErasingSpec& spec) {
  constexpr absl::string_view kRatio = "height / width";
  return First(
      {CheckAll({{"probability", spec.probability(), 0, 1, kProbability},
                 {"min_area", spec.min_area(), kLeast, 1, kArea},
                 {"max_area", spec.max_area(), kLeast, 1, kArea}}),
       CheckOrder("min_area", spec.min_area(), "max_area", spec.max_area()),
       CheckAll({{"min_ratio", spec.min_ratio(), kLeast, kMost, kRatio},
                 {"max_ratio", spec.max_ratio(), kLeast, kMost, kRatio}}),
       CheckOrder("min_ratio", spec.min_ratio(), "max_ratio",
                  spec.max_ratio())});
}

absl::Status Validate(const MixupSpec& spec) {
  constexpr absl::string_view kAlpha =
      "both parameters of a Beta distribution; 0 leaves it out";
  return CheckAll(
      {{"mixup_alpha", spec.mixup_alpha(), 0, 1000, kAlpha},
       {"cutmix_alpha", spec.cutmix_alpha(), 0, 1000, kAlpha},
       {"probability", spec.probability(), 0, 1, kProbability},
       {"switch_probability", spec.switch_probability(), 0, 1, kProbability}});
}

absl::Status Validate(const AugmentSpec& spec) {
  return First({base::Within("random_resized_crop",
                             Validate(spec.random_resized_crop())),
                base::Within("random_crop", Validate(spec.random_crop())),
                base::Within("center_crop", Validate(spec.center_crop())),
                CheckAll({{"horizontal_flip", spec.horizontal_flip(), 0, 1,
                           kProbability}}),
                base::Within("rand_augment", Validate(spec.rand_augment())),
                base::Within("color_jitter", Validate(spec.color_jitter())),
                CheckAll({{"grayscale", spec.grayscale(), 0, 1, kProbability}}),
                base::Within("gaussian_blur", Validate(spec.gaussian_blur())),
                base::Within("solarize", Validate(spec.solarize())),
                CheckAll({{"equalize", spec.equalize(), 0, 1, kProbability}}),
                base::Within("random_erasing", Validate(spec.random_erasing())),
                CheckAll({{"count", static_cast<double>(spec.count()), 1, 256,
                           "how many views are drawn so"}})});
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
  // Whose rectangle is all that the view shows.
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
