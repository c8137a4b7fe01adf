#ifndef CALDERA_SSL_TRAIN_DEVICE_BATCH_H_
#define CALDERA_SSL_TRAIN_DEVICE_BATCH_H_

// From the loader's bytes to what methods read.
//
//   DeviceBatch batch = ToDevice(loader_batch, dataset.info(), device);

#include <ATen/core/Tensor.h>

#include "data/batch.h"
#include "data/dataset.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

// uint8 travels, floats are made on the device: (v / 255 - mean) / std.
DeviceBatch ToDevice(const data::Batch& batch, const data::DatasetInfo& info,
                     const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_DEVICE_BATCH_H_
