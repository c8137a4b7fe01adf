#include "ssl/train/step/device_batch.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(EraseViews, TouchesTheViewsThatAskForIt) {
  data::Batch batch;
  batch.index = at::tensor({3, 4}, at::kLong);
  batch.labels = batch.index;
  batch.views.assign(2, at::full({2, 1, 20, 20}, 51, at::kByte));
  data::DatasetInfo info;
  info.mean = {0.5};
  info.std = {0.1};
  DeviceBatch on_device = ToDevice(batch, info, at::kCPU);
  std::vector<data::AugmentSpec> views(2);
  views[1].mutable_random_erasing()->set_probability(1);
  EraseViews(views, /*seed=*/1, batch, &on_device);
  // Black and white are 5 deviations away from the mean.
  ASSERT_EQ(on_device.pixels.black.size(), 1);
  EXPECT_DOUBLE_EQ(on_device.pixels.black[0], -5);
  EXPECT_DOUBLE_EQ(on_device.pixels.white[0], 5);
  // 51 / 255 is 3 deviations below the mean.
  EXPECT_LT((on_device.views[0] + 3).abs().max().item<float>(), 1e-5);
  for (int64_t b = 0; b < 2; ++b) {
    EXPECT_GT((on_device.views[1][b] + 3).abs().max().item<float>(), 0.5);
  }
}

}  // namespace
}  // namespace caldera::ssl
