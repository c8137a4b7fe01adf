// Mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019) of a batch, with soft
// labels, as timm's batch mode: each image is mixed with the one that lies as
// far from the other end of the batch, all by the same plan.
//
//   RandomStream stream(seed, "mixup", epoch, step);
//   MixPlan plan = DrawMixPlan(spec, height, width, stream);
//   MixedBatch mixed = Mix(plan, images, labels, num_classes, smoothing);
#ifndef CALDERA_DATA_MIXUP_H_
#define CALDERA_DATA_MIXUP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "data/data.pb.h"
#include "data/image_source.h"
#include "data/random_stream.h"

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
                    RandomStream& stream);

struct MixedBatch {
  at::Tensor images;   // as given, new memory
  at::Tensor targets;  // float32 [B, num_classes], each row sums to 1
};

// `images` float [B, C, H, W], `labels` int64 [B] in [0, num_classes), on one
// device. Without mixing the targets are the smoothed labels: 1 - smoothing,
// and smoothing / num_classes for every class.
MixedBatch Mix(const MixPlan& plan, const at::Tensor& images,
               const at::Tensor& labels, int64_t num_classes,
               double label_smoothing);

}  // namespace caldera::data

#endif  // CALDERA_DATA_MIXUP_H_
