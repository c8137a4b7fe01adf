#include "ssl/train/device_batch.h"

#include "data/normalize.h"

namespace caldera::ssl {

DeviceBatch ToDevice(const data::Batch& batch, const data::DatasetInfo& info,
                     const at::Device& device) {
  DeviceBatch out;
  for (const at::Tensor& view : batch.views) {
    out.views.push_back(
        data::Normalize(view.to(device), info.mean, info.std));  // [B, C, H, W]
  }
  out.labels = batch.labels.to(device);
  out.index = batch.index;
  return out;
}

}  // namespace caldera::ssl
