// Crops and flips a batch that is already on a device, for sets that fit there:
// a few batched operations replace a loader's threads.
//
//   at::Tensor all = *LoadImages(dataset, device);      // once
//   at::Tensor views = AugmentOnDevice(plans, all.index_select(0, index), 32);
//
// The plans are those of the loader (DrawAugmentPlan), so that both paths make
// the same views. Each axis is one batched product with a matrix of the
// filter's weights.
#ifndef CALDERA_DATA_AUGMENT_AUGMENT_ON_DEVICE_H_
#define CALDERA_DATA_AUGMENT_AUGMENT_ON_DEVICE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "data/augment/augment_plan.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// Returns all images of a set, uint8 [N, C, H, W] on `device`. Errors:
// InvalidArgument if they differ in size, and those of Dataset::Image.
absl::StatusOr<at::Tensor> LoadImages(const Dataset& dataset,
                                      const at::Device& device);

// Returns the views of `images` [B, C, H, W], which have one plan each, as [B,
// C, S, S] of the same type on the same device, S = image_size. Bytes are
// rounded after each axis and within 1 of ApplyAugmentPlan's (the weights are
// float32, not integers of 22 bits); floats are neither rounded nor clipped, as
// in torchvision's antialiased resize of tensors. CHECKs that the plans are
// crops with flips: one filter, no padding, no pixel operations.
at::Tensor AugmentOnDevice(const std::vector<AugmentPlan>& plans,
                           const at::Tensor& images, int64_t image_size);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_AUGMENT_ON_DEVICE_H_
