// Two random masks of each image. The first keeps the patches of lowest noise,
// the second those of highest noise. At a ratio of 0.5 or more no patch is
// visible in both; below 0.5 no patch is removed in both. At 0.5 of an even
// number of patches each mask is the complement of the other.
//
// Caveat: a step with K masks costs K times MAE's step on the same batch.
#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/uniform_noise.h"

namespace caldera::ssl {
namespace {

class ComplementMask : public MaskSampler {
 public:
  int64_t num_masks() const override { return 2; }
  // The first mask of an image is that of the random sampler.
  Mask Sample(const MaskRequest& request) const override {
    const int64_t n = request.grid.size();
    const at::Tensor noise =
        UniformNoise(request.streams, "mask", request.index, {n});  // [B, N]
    const at::Tensor both = at::stack({noise, -noise}, 1);          // [B, 2, N]
    return MaskFromNoise(both.flatten(0, 1), NumKept(n, request.ratio));
  }
};

const bool kComplement = MaskSamplerPart::Register<ComplementMaskSpec>(
    {"complement", "Two random masks whose visible patches are disjoint."},
    [](const ComplementMaskSpec&) {
      return std::make_unique<ComplementMask>();
    });

}  // namespace
}  // namespace caldera::ssl
