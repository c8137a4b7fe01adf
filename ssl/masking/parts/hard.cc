// Removes the highest-scoring patches first and fills the rest of the quota at
// random (HPM). The scores choose `hard_share` of the removed patches; with a
// share of 0 the masks are random.
//
// Source: Wang et al., Hard Patches Mining for Masked Image Modeling, CVPR
// 2023, and Haochen-Wang409/HPM, generate_mask. The authors' share rises once
// per epoch, ours every step.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <utility>

#include "base/field_path.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/ranks.h"
#include "ssl/masking/uniform_noise.h"
#include "ssl/schedule/schedule.h"
#include "ssl/schedule/schedule_range.h"

namespace caldera::ssl {
namespace {

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

HardMask::HardMask(Schedule hard_share)
    : hard_share_(std::move(hard_share)),
      share_(ScheduleValue(hard_share_, 0, RunLength{})) {}

void HardMask::BeforeStep(const RunPosition& at) {
  share_ = ScheduleValue(hard_share_, at.step, at.run);
}

Mask HardMask::Sample(const MaskRequest& request) const {
  return Finish(Draw(request), request.scores,
                NumKept(request.grid.size(), request.ratio));
}

MaskDraws HardMask::Draw(const MaskRequest& request) const {
  const int64_t n = request.grid.size();
  const auto removed = static_cast<double>(n - NumKept(n, request.ratio));
  return {{},
          UniformNoise(request.streams, "mask", request.index, {n}),
          at::full({request.index.size(0), 1},
                   static_cast<int64_t>(removed * share_), at::kLong)};
}

Mask HardMask::Finish(const MaskDraws& draws, const at::Tensor& scores,
                      int64_t num_kept) const {
  const at::Tensor rank = Ranks(-scores);  // [B, N], 0: hardest
  // Noise is below 1, so the hardest patches sort after all others.
  return MaskFromNoise(draws.noise + (rank < draws.num_scored), num_kept);
}

// Returns the schedule, or the authors' one if it names no shape: from 0 to
// 0.5, linearly over the run.
Schedule HardShareOrRamp(const Schedule& schedule) {
  if (NamesShape(schedule)) return schedule;
  Schedule ramp;
  ramp.mutable_linear_ramp()->set_from(0);
  ramp.mutable_linear_ramp()->set_to(0.5);
  return ramp;
}

const bool kHard = MaskSamplerPart::Register<HardMaskSpec>(
    {"hard", "The highest-scoring patches are removed (HPM)."},
    [](const HardMaskSpec& spec) {
      return std::make_unique<HardMask>(HardShareOrRamp(spec.hard_share()));
    },
    [](const HardMaskSpec& spec) {
      return base::Within("hard_share", CheckRange(spec.hard_share(), 0, 1));
    });

}  // namespace
}  // namespace caldera::ssl
