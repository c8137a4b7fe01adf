// The interface of masking strategies.
//
//   auto sampler = MaskSamplerPart::Create(spec.mae().masking());
//   Mask mask = (*sampler)->Sample({grid, 0.75, streams, batch.index, {}});
//
// A sample's masks depend on (seed, step, data set index) and its scores alone:
// not on its place in the batch, on threads or on the number of processes.
// Every image keeps the same number of patches, so that a batch is one tensor
// and the step's shapes follow from the ratio without waiting for the device.
//
// A new sampler is one file of ssl/masking/parts
// (docs/adding-a-loss-or-mask.md).
#ifndef CALDERA_SSL_MASKING_MASK_SAMPLER_H_
#define CALDERA_SSL_MASKING_MASK_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "base/part.h"
#include "base/random_stream.h"
#include "ssl/masking/mask.h"
#include "ssl/masking/masking.pb.h"
#include "ssl/schedule/run_position.h"
#include "vit/grid.h"

namespace caldera::ssl {

struct MaskRequest {
  vit::Grid grid;
  double ratio = 0.75;    // share of the patches that is removed
  base::Streams streams;  // draws from purpose "mask"
  at::Tensor index;       // int64 [B], on the CPU
  at::Tensor scores;      // [B, N] if the sampler reads scores, else undefined
};

// What a sampler draws before it knows the scores: the masks, or, if it reads
// scores, the random numbers that it will compare them with.
struct MaskDraws {
  Mask mask;
  at::Tensor noise;       // double [B, N], uniform
  at::Tensor num_scored;  // int64 [B, 1]: how many patches the scores remove
};

template <typename F>
void ForEachTensor(MaskDraws& draws, const F& f) {
  ForEachTensor(draws.mask, f);
  f(draws.noise);
  f(draws.num_scored);
}

class MaskSampler {
 public:
  virtual ~MaskSampler() = default;

  // Returns K, the masks per image.
  virtual int64_t num_masks() const { return 1; }
  // True if the ratio may change during a run. If not, a schedule is refused.
  virtual bool takes_any_ratio() const { return true; }

  // Returns the masks of B images, on the CPU (on the scores' device if there
  // are scores). Each mask keeps NumKept(grid.size(), ratio) patches.
  virtual Mask Sample(const MaskRequest& request) const = 0;

  // Draw and Finish split Sample in two: Draw works on the CPU and does not
  // read the scores; Finish turns the draws and the scores into masks on their
  // device without synchronising. Only samplers that read scores leave work to
  // Finish.
  virtual MaskDraws Draw(const MaskRequest& request) const {
    return {Sample(request), {}, {}};
  }
  virtual Mask Finish(const MaskDraws& draws, const at::Tensor& /*scores*/,
                      int64_t /*num_kept*/) const {
    return draws.mask;
  }
  virtual bool reads_scores() const { return false; }

  // Called before each step, to update values that follow a schedule.
  virtual void BeforeStep(const RunPosition& /*at*/) {}

  // Checks that the sampler can do this ratio on this grid: by default, that at
  // least one patch stays and one is removed. The error begins with the ratio
  // and says what is wrong with it; the caller puts the ratio's field in front.
  virtual absl::Status Check(const vit::Grid& grid, double ratio) const;
};

// Check of a sampler that was created tells if it fits a grid and a ratio.
using MaskSamplerPart = base::PartKind<MaskingSpec, MaskSampler>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_MASK_SAMPLER_H_
