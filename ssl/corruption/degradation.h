#ifndef CALDERA_SSL_CORRUPTION_DEGRADATION_H_
#define CALDERA_SSL_CORRUPTION_DEGRADATION_H_

// MFM's other tasks: super-resolution, deblurring and denoising. Each image is
// spoilt alike, everywhere.
//
//   Downsample(/*factor=*/8).Apply(images, {});  // every eighth pixel's worth
//   Blur(/*sigma=*/5).Apply(images, {});
//   auto noisy = noise.Apply(images, noise.Draw(streams, index));
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023, section 4.3; Jiahao000/MFM, models/mfm.py and
// data/random_degradations.py, with the numbers of its configurations. There
// values are cut to [0, 1] before the normalisation, ours are not, and blur
// kernels have a size of 7 to 21 at random: ours ends at 3 sigma.

#include <array>
#include <cstdint>

#include "ssl/corruption/corruption.h"

namespace caldera::ssl {

// Bicubic, without smoothing first, to a factor-th of the size and back.
class Downsample : public Corruption {
 public:
  explicit Downsample(int64_t factor) : factor_(factor) {}
  std::vector<at::Tensor> Draw(const base::Streams& streams,
                               const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const std::vector<at::Tensor>& draws) const override;

 private:
  int64_t factor_;
};

// A Gaussian of `sigma` pixels; beyond the edge the image is mirrored.
class Blur : public Corruption {
 public:
  explicit Blur(double sigma) : sigma_(sigma) {}
  std::vector<at::Tensor> Draw(const base::Streams& streams,
                               const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const std::vector<at::Tensor>& draws) const override;

 private:
  double sigma_;
};

// Gaussian noise of this deviation on each number.
class Noise : public Corruption {
 public:
  // sizes: C, H, W.
  Noise(double sigma, const std::array<int64_t, 3>& sizes)
      : sigma_(sigma), sizes_(sizes) {}
  // float [B, C, H, W], standard normal.
  std::vector<at::Tensor> Draw(const base::Streams& streams,
                               const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const std::vector<at::Tensor>& draws) const override;

 private:
  double sigma_;
  std::array<int64_t, 3> sizes_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_DEGRADATION_H_
