// Mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019) of a batch, with soft
// labels: the two images of a pair are mixed with each other.
//
//   MixPlans plans = DrawMixPlans(spec, streams, batch.index, /*repeats=*/1,
//                                 height, width);
//   MixedBatch mixed = Mix(plans, images, targets);
//
// Pairs are neighbours (0 and 1, 2 and 3, ...), and each draws a plan of its
// own, as timm's mode "pair". So a part of a batch that begins and ends between
// pairs mixes as in the whole batch, on however many processes. (timm's default
// draws one plan for each process and batch, between rows from both its ends.)
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
  // CutMix: this rectangle comes from the other image, and lambda is 1 minus
  // its share of the area. Mixup where its height is 0.
  Rectangle cut;
};

// lambda from Beta(alpha, alpha). CutMix's rectangle has the image's ratio and
// is cut off at the edges. `spec` has passed Validate.
MixPlan DrawMixPlan(const MixupSpec& spec, int64_t height, int64_t width,
                    base::RandomStream& stream);

// For each row of a batch its plan, and the row that it is mixed with.
struct MixPlans {
  std::vector<MixPlan> plan;
  std::vector<int64_t> partner;
};

// index: int64 [B] on the CPU, the images' positions in their set; `repeats` of
// them in a row are copies of one image, which are mixed with those of the next
// image. A rest of fewer than 2 * repeats rows stays unmixed. A pair's plan is
// a pure function of (seed, step, the first one's index and copy), with purpose
// "mixup".
MixPlans DrawMixPlans(const MixupSpec& spec, const base::Streams& streams,
                      const at::Tensor& index, int64_t repeats, int64_t height,
                      int64_t width);

struct MixedBatch {
  at::Tensor images;   // [B, C, H, W]
  at::Tensor targets;  // [B, K]
};

// `images` float [B, C, H, W] and `targets` float [B, K], on one device, in new
// memory: rows of targets that sum to 1 still do.
MixedBatch Mix(const MixPlans& plans, const at::Tensor& images,
               const at::Tensor& targets);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_MIXUP_H_
