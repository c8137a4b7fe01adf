#include "ssl/train/step/device_batch.h"

#include "data/augment/augment_on_device.h"
#include "data/augment/copy_to_device.h"
#include "data/augment/normalize.h"
#include "data/augment/random_erasing.h"
#include "ssl/corruption/pixel_range.h"

namespace caldera::ssl {

DeviceBatch ToDevice(const data::Batch& batch, const data::DatasetInfo& info,
                     const at::Device& device) {
  DeviceBatch out;
  for (const at::Tensor& view : batch.views) {
    out.views.push_back(data::Normalize(data::CopyToDevice(view, device),
                                        info.mean, info.std));  // [B, C, H, W]
  }
  out.labels = data::CopyToDevice(batch.labels, device);
  out.index = batch.index;
  out.pixels = RangeOf(info.mean, info.std);
  return out;
}

DeviceBatch CutOnDevice(const data::Batch& batch, const data::DatasetInfo& info,
                        const at::Tensor& images, int64_t image_size) {
  const at::Tensor sources = images.index_select(  // [B, C, H, W]
      0, data::CopyToDevice(batch.index, images.device()));
  DeviceBatch out;
  for (const std::vector<data::AugmentPlan>& plans : batch.plans) {
    out.views.push_back(data::Normalize(
        data::AugmentOnDevice(plans, sources, image_size), info.mean,
        info.std));  // [B, C, S, S]
  }
  out.labels = data::CopyToDevice(batch.labels, images.device());
  out.index = batch.index;
  out.pixels = RangeOf(info.mean, info.std);
  return out;
}

void EraseViews(const std::vector<data::AugmentSpec>& views, uint64_t seed,
                const data::Batch& batch, DeviceBatch* on_device) {
  for (size_t v = 0; v < views.size(); ++v) {
    if (!views[v].has_random_erasing()) continue;
    data::EraseRandomly(views[v].random_erasing(), seed, batch.epoch, v,
                        batch.index, on_device->views[v]);
  }
}

}  // namespace caldera::ssl
