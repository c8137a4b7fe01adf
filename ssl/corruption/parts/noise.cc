// Adds Gaussian noise of standard deviation `sigma` to each number (MFM,
// denoising).
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023, section 4.3; Jiahao000/MFM, models/mfm.py and
// data/random_degradations.py, with the numbers of its configurations. The
// authors clip values to [0, 1] before the normalisation, as `clip` does.
#include <ATen/TensorOperators.h>

#include <array>
#include <cstdint>

#include "base/random_stream.h"
#include "ssl/corruption/corruption.h"
#include "ssl/corruption/image_noise.h"

namespace caldera::ssl {
namespace {

class Noise : public Corruption {
 public:
  // sizes: C, H, W.
  Noise(const NoiseSpec& spec, const std::array<int64_t, 3>& sizes)
      : sigma_(spec.sigma()), clip_(spec.clip()), sizes_(sizes) {}
  bool clips() const override { return clip_; }
  // Returns per_pixel: float, standard normal.
  CorruptionDraws Draw(const base::Streams& streams,
                       const at::Tensor& index) const override {
    return {{}, {}, ImageNoise(streams, index, sizes_)};
  }
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override {
    return {images + sigma_ * draws.per_pixel.to(images.scalar_type()), {}, {}};
  }

 private:
  double sigma_;
  bool clip_;
  std::array<int64_t, 3> sizes_;
};

const bool kNoise = CorruptionPart::Register<NoiseSpec>(
    {"noise", "Gaussian noise (MFM, denoising)."},
    [](const NoiseSpec& spec, const vit::EncoderSpec& encoder) {
      const int64_t size = encoder.image_size();
      return std::make_unique<Noise>(
          spec, std::array<int64_t, 3>{encoder.channels(), size, size});
    });

}  // namespace
}  // namespace caldera::ssl
