// Two samplers of masks that depend on the scores of patches.
//
// ScoredMask keeps patches with probabilities proportional to their scores,
// drawn one after another without replacement (MaskAlign).
//
//   Mask mask = ScoredMask().Sample({grid, 0.7, streams, index, attention});
//
// HardMask removes the highest-scoring patches first and fills the rest of the
// quota at random (HPM). The scores choose `hard_share` of the removed patches;
// with a share of 0 it is RandomMask.
//
// Sources: Xue et al., Stare at What You See, CVPR 2023, and
// OpenDriveLab/maskalign, attention_masking (torch.multinomial). Wang et al.,
// Hard Patches Mining for Masked Image Modeling, CVPR 2023, and
// Haochen-Wang409/HPM, generate_mask. The authors' share rises once per epoch,
// ours every step.
#ifndef CALDERA_SSL_MASKING_SCORED_MASK_H_
#define CALDERA_SSL_MASKING_SCORED_MASK_H_

#include "ssl/masking/mask_sampler.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

// Scores must be at least 0; patches of score 0 stay only after all others, in
// image order.
class ScoredMask : public MaskSampler {
 public:
  bool reads_scores() const override { return true; }
  Mask Sample(const MaskRequest& request) const override;
  MaskDraws Draw(const MaskRequest& request) const override;
  Mask Finish(const MaskDraws& draws, const at::Tensor& scores,
              int64_t num_kept) const override;
};

class HardMask : public MaskSampler {
 public:
  // hard_share: in [0, 1] over the run.
  explicit HardMask(Schedule hard_share);

  bool reads_scores() const override { return true; }
  void BeforeStep(const RunPosition& at) override;
  Mask Sample(const MaskRequest& request) const override;
  // The draws include the share, so that Finish does the same in every step.
  MaskDraws Draw(const MaskRequest& request) const override;
  Mask Finish(const MaskDraws& draws, const at::Tensor& scores,
              int64_t num_kept) const override;

 private:
  Schedule hard_share_;
  double share_;  // of this step
};

// Returns the schedule, or the authors' one if it names no shape: from 0 to
// 0.5, linearly over the run.
Schedule HardShareOrRamp(const Schedule& schedule);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_SCORED_MASK_H_
