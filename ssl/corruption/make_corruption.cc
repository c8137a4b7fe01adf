#include "ssl/corruption/make_corruption.h"

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/corruption/degradation.h"
#include "ssl/corruption/frequency_mask.h"
#include "ssl/corruption/patch_groups.h"

namespace caldera::ssl {
namespace {

absl::Status InRange(absl::string_view field, double value, bool fits,
                     absl::string_view range) {
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not in ", range));
}

absl::Status Check(const PatchGroupsSpec& spec) {
  const double min = spec.min_share(), max = spec.max_share();
  for (const absl::Status& status :
       {InRange("patch_groups.min_share", min, min > 0 && min <= 1, "(0, 1]"),
        InRange("patch_groups.max_share", max, max > 0 && max <= 1, "(0, 1]"),
        InRange("patch_groups.max_block", spec.max_block(),
                spec.max_block() > 0 && spec.max_block() <= 1, "(0, 1]")}) {
    if (!status.ok()) return status;
  }
  if (min <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("patch_groups.min_share: ", min,
                   " is above patch_groups.max_share: ", max));
}

// At least one frequency stays and one goes, whichever way the disc is used.
absl::Status Check(const FrequencyMaskSpec& spec, int64_t size) {
  const double low_pass = spec.low_pass(), radius = spec.radius();
  const absl::Status share = InRange("frequency_mask.low_pass", low_pass,
                                     low_pass >= 0 && low_pass <= 1, "[0, 1]");
  if (!share.ok()) return share;
  // Half the side's diagonal is the farthest frequency.
  const absl::Status fits = InRange("frequency_mask.radius", radius,
                                    radius > 0 && radius <= 1, "(0, 1]");
  if (!fits.ok()) return fits;
  if (FrequenciesInDisc(size, radius) < size * size) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "frequency_mask.radius: ", radius, " takes in all frequencies of ", size,
      " x ", size, " pixels (encoder.image_size); use 0.5 or less"));
}

absl::Status Check(const DownsampleSpec& spec, int64_t size) {
  if (spec.factor() >= 2 && spec.factor() <= size) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "downsample.factor: ", spec.factor(), " is not between 2 and ", size,
      ", which is encoder.image_size"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Corruption>> MakeCorruption(
    const CorruptionSpec& spec, const vit::EncoderSpec& encoder) {
  const int64_t size = encoder.image_size();
  switch (spec.kind_case()) {
    case CorruptionSpec::kPatchGroups:
      RETURN_IF_ERROR(Check(spec.patch_groups()));
      return std::make_unique<PatchGroups>(spec.patch_groups(), encoder);
    case CorruptionSpec::kFrequencyMask:
      RETURN_IF_ERROR(Check(spec.frequency_mask(), size));
      return std::make_unique<FrequencyMask>(spec.frequency_mask(), size);
    case CorruptionSpec::kDownsample:
      RETURN_IF_ERROR(Check(spec.downsample(), size));
      return std::make_unique<Downsample>(spec.downsample().factor());
    case CorruptionSpec::kBlur: {
      const double sigma = spec.blur().sigma();
      RETURN_IF_ERROR(InRange("blur.sigma", sigma, sigma > 0 && sigma <= 1000,
                              "(0, 1000]"));
      return std::make_unique<Blur>(sigma);
    }
    case CorruptionSpec::kNoise: {
      const double sigma = spec.noise().sigma();
      RETURN_IF_ERROR(InRange("noise.sigma", sigma, sigma > 0 && sigma <= 1000,
                              "(0, 1000]"));
      return std::make_unique<Noise>(
          sigma, std::array<int64_t, 3>{encoder.channels(), size, size});
    }
    case CorruptionSpec::kCustom: {
      return base::Within("custom",
                          CustomCorruption::Create(spec.custom(), encoder));
    }
    case CorruptionSpec::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "kind: none is named; write corruption { patch_groups {} } or another");
}

}  // namespace caldera::ssl
