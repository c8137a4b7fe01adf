#include "ssl/corruption/frequency_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/fft_fftfreq.h>
#include <ATen/ops/fft_ifft2.h>
#include <ATen/ops/real.h>

namespace caldera::ssl {
namespace {

// Returns [S, S] in the order of fft2: 1 for frequencies nearer to 0 than the
// radius.
at::Tensor Disc(int64_t size, double radius, const at::TensorOptions& options) {
  const at::Tensor squares =
      at::fft_fftfreq(size, 1.0, options).square();  // [S], of shares of S
  return (squares.unsqueeze(1) + squares < radius * radius).to(options.dtype());
}

}  // namespace

int64_t FrequenciesInDisc(int64_t size, double radius) {
  return Disc(size, radius, at::kDouble).sum().item<int64_t>();
}

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

}  // namespace caldera::ssl
