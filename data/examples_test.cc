// Compiles the examples of this room's front headers, word for word.
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "data/augment/augment.h"
#include "data/augment/augment_plan.h"
#include "data/augment/views.h"
#include "data/decode/bmp_testing.h"
#include "data/decode/decode_image.h"
#include "data/loader/loader.h"
#include "data/loader/sampler.h"
#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

// clang-format off

TEST(Examples, Loader) {
  const DataSpec spec;
  const int64_t epoch = 1, step = 0;
  const auto dataset = std::make_shared<MadeUpDataset>(300, 1, 28, 28);
  // From data/loader/loader.h:
  LoaderOptions options;
  options.batch_size = 256;
  options.image_size = 28;
  options.shuffle = options.drop_last = true;
  options.views = ViewsOf(spec);                      // data/augment/views.h
  auto loader = Loader::Create(dataset, options);
  (*loader)->Seek(epoch, step);                       // to resume
  absl::StatusOr<Batch> batch = (*loader)->Next();
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->views[0].size(0), 256);
}

TEST(Examples, Sampler) {
  const uint64_t seed = 1;
  const int64_t epoch = 0, step = 0;
  const int rank = 0, world_size = 2;
  const auto dataset = std::make_shared<MadeUpDataset>(300, 1, 28, 28);
  // From data/loader/sampler.h:
  std::vector<int64_t> order = EpochOrder(60000, seed, epoch);
  const std::vector<int64_t> shards = dataset->shards();  // tar files
  order = ShardedEpochOrder(shards, /*buffer=*/8192, seed, epoch);
  RankRows rows = RankRowsOf(step, 4096, 60000, rank, world_size);
  EXPECT_EQ(rows.end - rows.begin, 2048);
}

TEST(Examples, DecodeImage) {
  std::string bytes = BmpBytes(100, 120, 1, 2, 3);
  // From data/decode/decode_image.h:
  absl::StatusOr<std::unique_ptr<ImageSource>> source =
      OpenEncodedImage(std::move(bytes), DecodeOptions());
  absl::StatusOr<at::Tensor> crop = (*source)->Region({10, 20, 64, 64});
  ASSERT_TRUE(crop.ok());
  EXPECT_EQ(crop->size(1), 64);
}

TEST(Examples, AugmentPlan) {
  const Augmentation augmentation{AugmentSpec()};
  const AugmentTarget target{224};
  const uint64_t seed = 1;
  const int64_t epoch = 0, index = 0, height = 300, width = 250;
  // From data/augment/augment_plan.h:
  base::RandomStream stream = AugmentStream(seed, epoch, index, /*view=*/0);
  AugmentPlan plan =
      DrawAugmentPlan(augmentation, height, width, target, stream);
  EXPECT_EQ(plan.resized_height, 224);
}

TEST(Examples, Augment) {
  const Augmentation augmentation{AugmentSpec()};
  const int64_t height = 300, width = 250;
  const at::Tensor image = at::zeros({3, height, width}, at::kByte);
  base::RandomStream stream = AugmentStream(1, 0, 0, 0);
  // From data/augment/augment.h:
  AugmentPlan plan =
      DrawAugmentPlan(augmentation, height, width, {224}, stream);
  at::Tensor view = ApplyAugmentPlan(plan, image, 224);  // uint8 [C, S, S]
  EXPECT_EQ(view.size(2), 224);
}

}  // namespace
}  // namespace caldera::data
