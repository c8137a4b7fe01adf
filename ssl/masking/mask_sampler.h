// The seam for masking strategies.
//
//   Mask mask = sampler.Sample({grid, 0.75, streams, batch.index, {}});
//
// A sample's masks depend on (seed, step, data set index) and its scores alone:
// not on its place in the batch, on threads or on the number of processes.
// Every image keeps the same number of patches, so that a batch is one tensor
// and the step's shapes follow from the ratio without a look at the device.
//
// To add one: a file of ssl/variants, or a message in masking.proto, a class in
// its own file, a case in make_mask_sampler.cc.
#ifndef CALDERA_SSL_MASKING_MASK_SAMPLER_H_
#define CALDERA_SSL_MASKING_MASK_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "base/random_stream.h"
#include "ssl/masking/mask.h"
#include "ssl/schedule/run_position.h"
#include "vit/grid.h"

namespace caldera::ssl {

struct MaskRequest {
  vit::Grid grid;
  double ratio = 0.75;    // share of the patches that is removed
  base::Streams streams;  // draws from purpose "mask"
  at::Tensor index;       // int64 [B], on the CPU
  at::Tensor scores;      // [B, N] for samplers that read them, else undefined
};

class MaskSampler {
 public:
  virtual ~MaskSampler() = default;

  // Masks of one image, K.
  virtual int64_t num_masks() const { return 1; }
  // Whether the ratio may move during a run. If not, a schedule is refused.
  virtual bool takes_any_ratio() const { return true; }

  // The masks of B images, on the CPU (on the scores' device where there are
  // scores). Keeps NumKept(grid.size(), ratio) patches in each.
  virtual Mask Sample(const MaskRequest& request) const = 0;

  // Sample in two halves: what is drawn, on the CPU, num_draws() tensors with a
  // row for each image or mask; and the masks from these and the scores,
  // wherever both are, without a look at the host. Only samplers that read
  // scores leave anything to the second half.
  virtual std::vector<at::Tensor> Draw(const MaskRequest& request) const;
  virtual Mask Finish(const std::vector<at::Tensor>& draws,
                      const at::Tensor& scores, int64_t num_kept) const;
  virtual bool reads_scores() const { return false; }

  // Before each step: for what follows a schedule.
  virtual void BeforeStep(const RunPosition& /*at*/) {}

  // Whether the sampler can do this: by default, that a patch stays and one is
  // removed. The error says what is wrong with the ratio and begins with it:
  // the caller puts the ratio's own field in front.
  virtual absl::Status Check(const vit::Grid& grid, double ratio) const;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_MASK_SAMPLER_H_
