#include "ssl/corruption/make_corruption.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/corruption/corruption.h"
#include "ssl/corruption/frequency_mask.h"
#include "ssl/corruption/image_noise.h"
#include "ssl/corruption/patch_groups.h"

namespace caldera::ssl {
namespace {

// Three corruptions are MFM's other tasks (super-resolution, deblurring and
// denoising). Each changes all of the image in the same way.
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023, section 4.3; Jiahao000/MFM, models/mfm.py and
// data/random_degradations.py, with the numbers of its configurations. The
// authors clip values to [0, 1] before the normalisation; we do not. Their blur
// kernels have a random size of 7 to 21; ours ends at 3 sigma.

// Resizes to a factor-th of the size and back, bicubic, without smoothing
// first.
class Downsample : public Corruption {
 public:
  explicit Downsample(int64_t factor) : factor_(factor) {}
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override;

 private:
  int64_t factor_;
};

// Blurs by a Gaussian of `sigma` pixels; beyond the edge the image is mirrored.
class Blur : public Corruption {
 public:
  explicit Blur(double sigma) : sigma_(sigma) {}
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override;

 private:
  double sigma_;
};

// Adds Gaussian noise of standard deviation `sigma` to each number.
class Noise : public Corruption {
 public:
  // sizes: C, H, W.
  Noise(double sigma, const std::array<int64_t, 3>& sizes)
      : sigma_(sigma), sizes_(sizes) {}
  // Returns per_pixel: float, standard normal.
  CorruptionDraws Draw(const base::Streams& streams,
                       const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override;

 private:
  double sigma_;
  std::array<int64_t, 3> sizes_;
};

CorruptedImages Downsample::Apply(const at::Tensor& images,
                                  const CorruptionDraws& /*draws*/) const {
  const int64_t h = images.size(2), w = images.size(3);
  const at::Tensor small =
      at::upsample_bicubic2d(images, {h / factor_, w / factor_},
                             /*align_corners=*/false);
  return {
      at::upsample_bicubic2d(small, {h, w}, /*align_corners=*/false), {}, {}};
}

CorruptedImages Blur::Apply(const at::Tensor& images,
                            const CorruptionDraws& /*draws*/) const {
  // Mirroring repeats every pixel except the edge once.
  const int64_t most = std::min(images.size(2), images.size(3)) - 1;
  const int64_t r = std::min(most, static_cast<int64_t>(std::ceil(3 * sigma_)));
  std::vector<double> weights;
  for (int64_t d = -r; d <= r; ++d) {
    const auto distance = static_cast<double>(d);
    weights.push_back(std::exp(-distance * distance / (2 * sigma_ * sigma_)));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  // Blurs along dimension `dim`, in which `padded` is 2r longer.
  const auto smooth = [&](const at::Tensor& padded, int64_t dim) {
    const int64_t size = padded.size(dim) - 2 * r;
    at::Tensor out = padded.narrow(dim, 0, size) * (weights[0] / sum);
    for (int64_t d = 1; d <= 2 * r; ++d) {
      out.add_(padded.narrow(dim, d, size), weights[d] / sum);
    }
    return out;
  };
  return {
      smooth(smooth(at::reflection_pad2d(images, {r, r, r, r}), 2), 3), {}, {}};
}

CorruptionDraws Noise::Draw(const base::Streams& streams,
                            const at::Tensor& index) const {
  return {{}, {}, ImageNoise(streams, index, sizes_)};
}

CorruptedImages Noise::Apply(const at::Tensor& images,
                             const CorruptionDraws& draws) const {
  return {images + sigma_ * draws.per_pixel.to(images.scalar_type()), {}, {}};
}

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

// Checks that at least one frequency stays and one is removed, in low pass and
// in high pass.
absl::Status Check(const FrequencyMaskSpec& spec, int64_t size) {
  const double radius = spec.radius();
  base::FieldCheck check;
  check
      .InRange("frequency_mask.low_pass", spec.low_pass(), 0, 1)
      // The farthest frequency is half the diagonal.
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

// Checks the standard deviation of a blur or of noise.
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
