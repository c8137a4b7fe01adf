// MFM's corruption keeps a disc around frequency 0 of each image's spectrum
// (low pass), or everything outside of the disc (high pass).
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023; Jiahao000/MFM, models/mfm.py and data/data_mfm.py.
// The authors clip the filtered image to [0, 1] before the normalisation, which
// brings removed frequencies back; `clip` does the same.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/fft_fftfreq.h>
#include <ATen/ops/fft_ifft2.h>
#include <ATen/ops/real.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/random_stream.h"
#include "ssl/corruption/corruption.h"

namespace caldera::ssl {
namespace {

// Returns [S, S] in the order of fft2: 1 for frequencies nearer to 0 than the
// radius.
at::Tensor Disc(int64_t size, double radius, const at::TensorOptions& options) {
  const at::Tensor squares =
      at::fft_fftfreq(size, 1.0, options).square();  // [S], of shares of S
  return (squares.unsqueeze(1) + squares < radius * radius).to(options.dtype());
}

class FrequencyMask : public Corruption {
 public:
  FrequencyMask(const FrequencyMaskSpec& spec, int64_t image_size)
      : spec_(spec), image_size_(image_size) {}

  bool clips() const override { return spec_.clip(); }
  // Returns per_image: float [B], 1 = low pass.
  CorruptionDraws Draw(const base::Streams& streams,
                       const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override;

 private:
  FrequencyMaskSpec spec_;
  int64_t image_size_;
};

CorruptionDraws FrequencyMask::Draw(const base::Streams& streams,
                                    const at::Tensor& index) const {
  const int64_t b = index.size(0);
  at::Tensor low = at::empty({b}, at::kFloat);
  auto* out = low.data_ptr<float>();
  const auto* samples = index.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < b; ++i) {
    base::RandomStream stream =
        streams.Sample("corruption", static_cast<uint64_t>(samples[i]));
    out[i] = stream.Uniform() < spec_.low_pass() ? 1 : 0;
  }
  return {low, {}, {}};
}

CorruptedImages FrequencyMask::Apply(const at::Tensor& images,
                                     const CorruptionDraws& draws) const {
  const at::Tensor low =
      draws.per_image.to(images.scalar_type()).view({-1, 1, 1});  // [B, 1, 1]
  const at::Tensor disc =
      Disc(image_size_, spec_.radius(), images.options());  // [S, S]
  const at::Tensor kept = low * disc + (1 - low) * (1 - disc);
  const at::Tensor spectrum = at::fft_fft2(images) * kept.unsqueeze(1);
  // The expected share of removed frequencies.
  const at::Tensor in_disc = disc.mean();
  const at::Tensor removed_share =
      spec_.low_pass() * (1 - in_disc) + (1 - spec_.low_pass()) * in_disc;
  return {at::real(at::fft_ifft2(spectrum)).contiguous(),
          {},
          (1 - kept) / removed_share};
}

// In low pass at least one frequency is removed; in high pass one stays.
const bool kFrequencyMask = CorruptionPart::Register<FrequencyMaskSpec>(
    {"frequency_mask", "A disc of the spectrum stays, or all but it (MFM)."},
    [](const FrequencyMaskSpec& spec,
       const vit::EncoderSpec& encoder) -> CorruptionPart::Result {
      const int64_t size = encoder.image_size();
      // The farthest frequency is half the diagonal.
      const double farthest =
          static_cast<double>(size / 2) / static_cast<double>(size);
      if (2 * farthest * farthest >= spec.radius() * spec.radius()) {
        return std::make_unique<FrequencyMask>(spec, size);
      }
      return absl::InvalidArgumentError(absl::StrCat(
          "radius: ", spec.radius(), " takes in all frequencies of ", size,
          " x ", size, " pixels (encoder.image_size); use 0.5 or less"));
    });

}  // namespace
}  // namespace caldera::ssl
