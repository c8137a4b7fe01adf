// Blurs by a Gaussian of `sigma` pixels; beyond the edge the image is mirrored
// (MFM, deblurring). All of the image changes in the same way.
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023, section 4.3; Jiahao000/MFM, models/mfm.py and
// data/random_degradations.py, with the numbers of its configurations. The
// authors clip values to [0, 1] before the normalisation, as `clip` does. Their
// blur kernels have a random size of 7 to 21; ours ends at 3 sigma.
#include <ATen/TensorOperators.h>
#include <ATen/ops/reflection_pad2d.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "ssl/corruption/corruption.h"

namespace caldera::ssl {
namespace {

class Blur : public Corruption {
 public:
  explicit Blur(const BlurSpec& spec)
      : sigma_(spec.sigma()), clip_(spec.clip()) {}
  bool clips() const override { return clip_; }
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& /*draws*/) const override {
    // Mirroring repeats every pixel except the edge once.
    const int64_t most = std::min(images.size(2), images.size(3)) - 1;
    const int64_t r =
        std::min(most, static_cast<int64_t>(std::ceil(3 * sigma_)));
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
    return {smooth(smooth(at::reflection_pad2d(images, {r, r, r, r}), 2), 3),
            {},
            {}};
  }

 private:
  double sigma_;
  bool clip_;
};

const bool kBlur = CorruptionPart::Register<BlurSpec>(
    {"blur", "Gaussian blur (MFM, deblurring)."},
    [](const BlurSpec& spec, const vit::EncoderSpec&) {
      return std::make_unique<Blur>(spec);
    });

}  // namespace
}  // namespace caldera::ssl
