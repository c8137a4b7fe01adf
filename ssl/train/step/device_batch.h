#ifndef CALDERA_SSL_TRAIN_STEP_DEVICE_BATCH_H_
#define CALDERA_SSL_TRAIN_STEP_DEVICE_BATCH_H_

// From the loader's bytes to what methods read.
//
//   DeviceBatch batch = ToDevice(loader_batch, dataset.info(), device);

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "data/data.pb.h"
#include "data/loader/batch.h"
#include "data/sets/dataset.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

// uint8 travels, floats are made on the device: (v / 255 - mean) / std.
DeviceBatch ToDevice(const data::Batch& batch, const data::DatasetInfo& info,
                     const at::Device& device);

// The same where the set is on the device already and `batch` holds plans:
// `images` uint8 [N, C, H, W], all of the set. Views have image_size^2 pixels.
DeviceBatch CutOnDevice(const data::Batch& batch, const data::DatasetInfo& info,
                        const at::Tensor& images, int64_t image_size);

// The random erasing that `views` ask for, in place: it comes after
// normalisation, so the loader leaves it out. `views` as the loader had them,
// `batch` the one that ToDevice was given.
void EraseViews(const std::vector<data::AugmentSpec>& views, uint64_t seed,
                const data::Batch& batch, DeviceBatch* on_device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_DEVICE_BATCH_H_
