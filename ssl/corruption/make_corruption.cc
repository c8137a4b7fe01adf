#include "ssl/corruption/make_corruption.h"

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/corruption/degradation.h"
#include "ssl/corruption/frequency_mask.h"
#include "ssl/corruption/patch_groups.h"

namespace caldera::ssl {
namespace {

absl::Status Check(const PatchGroupsSpec& spec) {
  const double min = spec.min_share(), max = spec.max_share();
  return base::FieldCheck()
      .AboveUpTo("patch_groups.min_share", min, 0, 1)
      .AboveUpTo("patch_groups.max_share", max, 0, 1)
      .AboveUpTo("patch_groups.max_block", spec.max_block(), 0, 1)
      .Require(min <= max, "patch_groups.min_share", min,
               absl::StrCat("is above patch_groups.max_share: ", max))
      .status();
}

// At least one frequency stays and one goes, whichever way the disc is used.
absl::Status Check(const FrequencyMaskSpec& spec, int64_t size) {
  const double radius = spec.radius();
  base::FieldCheck check;
  check
      .InRange("frequency_mask.low_pass", spec.low_pass(), 0, 1)
      // Half the side's diagonal is the farthest frequency.
      .AboveUpTo("frequency_mask.radius", radius, 0, 1);
  RETURN_IF_ERROR(check.status());
  if (FrequenciesInDisc(size, radius) < size * size) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "frequency_mask.radius: ", radius, " takes in all frequencies of ", size,
      " x ", size, " pixels (encoder.image_size); use 0.5 or less"));
}

absl::Status Check(const DownsampleSpec& spec, int64_t size) {
  return base::FieldCheck()
      .InRange<int64_t, int64_t>("downsample.factor", spec.factor(), 2, size,
                                 "encoder.image_size is the most")
      .status();
}

// The standard deviation of a blur or of noise.
absl::Status CheckSigma(absl::string_view field, double sigma) {
  return base::FieldCheck().AboveUpTo(field, sigma, 0, 1000).status();
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
    case CorruptionSpec::kBlur:
      RETURN_IF_ERROR(CheckSigma("blur.sigma", spec.blur().sigma()));
      return std::make_unique<Blur>(spec.blur().sigma());
    case CorruptionSpec::kNoise:
      RETURN_IF_ERROR(CheckSigma("noise.sigma", spec.noise().sigma()));
      return std::make_unique<Noise>(
          spec.noise().sigma(),
          std::array<int64_t, 3>{encoder.channels(), size, size});
    case CorruptionSpec::kCustom:
      return base::Within("custom",
                          CustomCorruption::Create(spec.custom(), encoder));
    case CorruptionSpec::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "kind: none is named; write corruption { patch_groups {} } or another");
}

}  // namespace caldera::ssl
