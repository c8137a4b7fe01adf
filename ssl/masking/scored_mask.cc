#include "ssl/masking/scored_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <utility>

#include "ssl/masking/ranks.h"
#include "ssl/masking/uniform_noise.h"
#include "ssl/schedule/schedule.h"

namespace caldera::ssl {

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

Schedule HardShareOrRamp(const Schedule& schedule) {
  if (schedule.shape_case() != Schedule::SHAPE_NOT_SET) return schedule;
  Schedule ramp;
  ramp.mutable_linear_ramp()->set_from(0);
  ramp.mutable_linear_ramp()->set_to(0.5);
  return ramp;
}

}  // namespace caldera::ssl
