// MAE's random masking: every patch is equally likely to stay visible.
#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/uniform_noise.h"

namespace caldera::ssl {
namespace {

class RandomMask : public MaskSampler {
 public:
  Mask Sample(const MaskRequest& request) const override {
    const int64_t n = request.grid.size();
    return MaskFromNoise(
        UniformNoise(request.streams, "mask", request.index, {n}),  // [B, N]
        NumKept(n, request.ratio));
  }
};

const bool kRandom = MaskSamplerPart::Register<RandomMaskSpec>(
    {"random", "Every patch is equally likely to stay (MAE).", "",
     /*is_default=*/true},
    [](const RandomMaskSpec&) { return std::make_unique<RandomMask>(); });

}  // namespace
}  // namespace caldera::ssl
