// Keeps patches with probabilities proportional to their scores, drawn one
// after another without replacement (MaskAlign). Scores must be at least 0;
// patches of score 0 stay only after all others, in image order.
//
// Source: Xue et al., Stare at What You See, CVPR 2023, and
// OpenDriveLab/maskalign, attention_masking (torch.multinomial).
#include <ATen/TensorOperators.h>

#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/uniform_noise.h"

namespace caldera::ssl {
namespace {

class ScoredMask : public MaskSampler {
 public:
  bool reads_scores() const override { return true; }
  Mask Sample(const MaskRequest& request) const override;
  MaskDraws Draw(const MaskRequest& request) const override;
  Mask Finish(const MaskDraws& draws, const at::Tensor& scores,
              int64_t num_kept) const override;
};

Mask ScoredMask::Sample(const MaskRequest& request) const {
  return Finish(Draw(request), request.scores,
                NumKept(request.grid.size(), request.ratio));
}

MaskDraws ScoredMask::Draw(const MaskRequest& request) const {
  return {{},
          UniformNoise(request.streams, "mask", request.index,
                       {request.grid.size()}),
          {}};
}

// Draws exponential waiting times whose rates are the scores: the order in
// which they end is that of draws without replacement.
Mask ScoredMask::Finish(const MaskDraws& draws, const at::Tensor& scores,
                        int64_t num_kept) const {
  return MaskFromNoise(-(-draws.noise).log1p() / scores, num_kept);
}

const bool kScored = MaskSamplerPart::Register<ScoredMaskSpec>(
    {"scored", "Patches stay in proportion to their scores (MaskAlign)."},
    [](const ScoredMaskSpec&) { return std::make_unique<ScoredMask>(); });

}  // namespace
}  // namespace caldera::ssl
