// Converts the loader's bytes to the floats that methods read.
//
//   DeviceBatch batch = ToDevice(loader_batch, dataset.info(), device);
#ifndef CALDERA_SSL_TRAIN_STEP_DEVICE_BATCH_H_
#define CALDERA_SSL_TRAIN_STEP_DEVICE_BATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "data/data.pb.h"
#include "data/loader/batch.h"
#include "data/sets/dataset.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

// Copies uint8 and makes floats on the device: (v / 255 - mean) / std.
DeviceBatch ToDevice(const data::Batch& batch, const data::DatasetInfo& info,
                     const at::Device& device);

// Does the same if the set is on the device already and `batch` contains plans:
// `images` is uint8 [N, C, H, W], all images of the set. Views have
// image_size^2 pixels.
DeviceBatch CutOnDevice(const data::Batch& batch, const data::DatasetInfo& info,
                        const at::Tensor& images, int64_t image_size);

// Erases randomly, in place, as `views` ask: this comes after normalisation, so
// the loader leaves it out. `views` are those of the loader, `batch` is the one
// that ToDevice received.
void EraseViews(const std::vector<data::AugmentSpec>& views, uint64_t seed,
                const data::Batch& batch, DeviceBatch* on_device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_DEVICE_BATCH_H_
