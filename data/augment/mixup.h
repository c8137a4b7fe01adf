// Mixes a batch by Mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019), with
// soft labels: the two images of a pair are mixed with each other.
//
//   MixPlans plans = DrawMixPlans(spec, streams, batch.index, /*repeats=*/1,
//                                 height, width);
//   MixedBatch mixed = Mix(plans, images, targets);
//
// Pairs are neighbours (0 and 1, 2 and 3, ...), and each pair draws a plan of
// its own, as timm's mode "pair". Rows that begin and end between pairs are
// therefore mixed as in the full batch, on any number of processes. (timm's
// default draws one plan for each process and batch, and pairs rows from both
// ends.)
#ifndef CALDERA_DATA_AUGMENT_MIXUP_H_
#define CALDERA_DATA_AUGMENT_MIXUP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "base/random_stream.h"
#include "data/data.pb.h"
#include "data/decode/image_source.h"

namespace caldera::data {

struct MixPlan {
  double lambda = 1;  // the share of the image itself; 1 mixes nothing
  // CutMix takes this rectangle from the other image, and lambda is 1 minus its
  // share of the area. The plan is Mixup if the height is 0.
  Rectangle cut;
};

// Draws lambda from Beta(alpha, alpha). CutMix's rectangle has the image's
// ratio and is cut off at the edges. `spec` has passed Validate.
MixPlan DrawMixPlan(const MixupSpec& spec, int64_t height, int64_t width,
                    base::RandomStream& stream);

// The plan of each row of a batch, and the row with which it is mixed.
struct MixPlans {
  std::vector<MixPlan> plan;
  std::vector<int64_t> partner;
};

// Draws the plans of a batch. `index`, int64 [B] on the CPU, holds the images'
// positions in their set; `repeats` consecutive rows are copies of an image and
// are mixed with those of the next image. A remainder of fewer than 2 * repeats
// rows stays unmixed. A pair's plan is a pure function of (seed, step, index
// and copy of the pair's first row), with purpose "mixup".
MixPlans DrawMixPlans(const MixupSpec& spec, const base::Streams& streams,
                      const at::Tensor& index, int64_t repeats, int64_t height,
                      int64_t width);

struct MixedBatch {
  at::Tensor images;   // [B, C, H, W]
  at::Tensor targets;  // [B, K]
};

// Returns new tensors with the mixed `images`, float [B, C, H, W], and
// `targets`, float [B, K], on one device: rows of targets that sum to 1 still
// do.
MixedBatch Mix(const MixPlans& plans, const at::Tensor& images,
               const at::Tensor& targets);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_MIXUP_H_
