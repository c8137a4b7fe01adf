#include "data/augment/validate_augment_spec.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/field_check.h"
#include "base/field_path.h"

namespace caldera::data {
namespace {

using base::FieldCheck;

constexpr absl::string_view kProbability = "it is a probability";
constexpr absl::string_view kArea = "it is a share of the image's area";
constexpr absl::string_view kFactor =
    "it is how far the factor may lie from 1; 0 leaves it out";

absl::Status CheckOrder(absl::string_view low_field, double low,
                        absl::string_view high_field, double high) {
  return FieldCheck()
      .Require(low <= high, low_field, low,
               absl::StrCat("is above ", high_field, ", ", high), "swap them")
      .status();
}

absl::Status Validate(const RandomResizedCropSpec& spec) {
  constexpr absl::string_view kRatio = "it is width / height";
  return FieldCheck()
      .AboveUpTo("min_scale", spec.min_scale(), 0, 1, kArea)
      .AboveUpTo("max_scale", spec.max_scale(), 0, 1, kArea)
      .And(CheckOrder("min_scale", spec.min_scale(), "max_scale",
                      spec.max_scale()))
      .Above("min_ratio", spec.min_ratio(), 0, kRatio)
      .Above("max_ratio", spec.max_ratio(), 0, kRatio)
      .And(CheckOrder("min_ratio", spec.min_ratio(), "max_ratio",
                      spec.max_ratio()))
      .status();
}

absl::Status Validate(const RandomCropSpec& spec) {
  return FieldCheck()
      .InRange("padding", spec.padding(), 0, 4096,
               "it is the pixels added on each side")
      .status();
}

absl::Status Validate(const CenterCropSpec& spec) {
  // A share below a hundredth would resize the image to an enormous size.
  return FieldCheck()
      .InRange("share", spec.share(), 0.01, 1.0,
               "it is the share of the resized short side that is kept")
      .status();
}

absl::Status Validate(const ColorJitterSpec& spec) {
  return FieldCheck()
      .InRange("probability", spec.probability(), 0, 1, kProbability)
      .InRange("brightness", spec.brightness(), 0, 100, kFactor)
      .InRange("contrast", spec.contrast(), 0, 100, kFactor)
      .InRange("saturation", spec.saturation(), 0, 100, kFactor)
      .InRange("hue", spec.hue(), 0.0, 0.5,
               "it is the largest turn of the colour wheel, 1 a whole one")
      .status();
}

absl::Status Validate(const GaussianBlurSpec& spec) {
  constexpr absl::string_view kSigma = "it is a width in pixels";
  const int taps = spec.kernel_size();
  return FieldCheck()
      .InRange("probability", spec.probability(), 0, 1, kProbability)
      .AboveUpTo("min_sigma", spec.min_sigma(), 0, 1000, kSigma)
      .AboveUpTo("max_sigma", spec.max_sigma(), 0, 1000, kSigma)
      .And(CheckOrder("min_sigma", spec.min_sigma(), "max_sigma",
                      spec.max_sigma()))
      .Require(taps == 0 || (taps >= 1 && taps <= 1001 && taps % 2 == 1),
               "kernel_size", taps, "is neither 0 nor odd and in [1, 1001]",
               "0 takes Pillow's box blurs")
      .status();
}

absl::Status Validate(const SolarizeSpec& spec) {
  return FieldCheck()
      .InRange("probability", spec.probability(), 0, 1, kProbability)
      .InRange("threshold", spec.threshold(), 0, 256,
               "it is the lowest value that is inverted")
      .status();
}

absl::Status Validate(const RandAugmentSpec& spec) {
  return FieldCheck()
      .InRange("num_ops", spec.num_ops(), 0, 100,
               "it is the number of operations drawn for an image")
      .InRange("magnitude", spec.magnitude(), 0, 10, "it is timm's m")
      .InRange("magnitude_std", spec.magnitude_std(), 0, 100,
               "it is timm's mstd")
      .InRange("probability", spec.probability(), 0, 1, kProbability)
      .status();
}

}  // namespace

absl::Status Validate(const RandomErasingSpec& spec) {
  constexpr absl::string_view kRatio = "it is height / width";
  return FieldCheck()
      .InRange("probability", spec.probability(), 0, 1, kProbability)
      .AboveUpTo("min_area", spec.min_area(), 0, 1, kArea)
      .AboveUpTo("max_area", spec.max_area(), 0, 1, kArea)
      .And(CheckOrder("min_area", spec.min_area(), "max_area", spec.max_area()))
      .Above("min_ratio", spec.min_ratio(), 0, kRatio)
      .Above("max_ratio", spec.max_ratio(), 0, kRatio)
      .And(CheckOrder("min_ratio", spec.min_ratio(), "max_ratio",
                      spec.max_ratio()))
      .status();
}

absl::Status Validate(const MixupSpec& spec) {
  constexpr absl::string_view kAlpha =
      "it is both parameters of a Beta distribution; 0 leaves it out";
  return FieldCheck()
      .InRange("mixup_alpha", spec.mixup_alpha(), 0, 1000, kAlpha)
      .InRange("cutmix_alpha", spec.cutmix_alpha(), 0, 1000, kAlpha)
      .InRange("probability", spec.probability(), 0, 1, kProbability)
      .InRange("switch_probability", spec.switch_probability(), 0, 1,
               kProbability)
      .status();
}

absl::Status Validate(const AugmentSpec& spec) {
  return FieldCheck()
      .And(base::Within("random_resized_crop",
                        Validate(spec.random_resized_crop())))
      .And(base::Within("random_crop", Validate(spec.random_crop())))
      .And(base::Within("center_crop", Validate(spec.center_crop())))
      .InRange("horizontal_flip", spec.horizontal_flip(), 0, 1, kProbability)
      .And(base::Within("rand_augment", Validate(spec.rand_augment())))
      .And(base::Within("color_jitter", Validate(spec.color_jitter())))
      .InRange("grayscale", spec.grayscale(), 0, 1, kProbability)
      .And(base::Within("gaussian_blur", Validate(spec.gaussian_blur())))
      .And(base::Within("solarize", Validate(spec.solarize())))
      .InRange("equalize", spec.equalize(), 0, 1, kProbability)
      .And(base::Within("random_erasing", Validate(spec.random_erasing())))
      .InRange("count", spec.count(), 1, 256,
               "it is how many views are drawn so")
      .status();
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
