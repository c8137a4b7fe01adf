#include "ssl/train/loop/batch_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/file_testing.h"
#include "data/augment/views.h"
#include "data/formats/idx_testing.h"
#include "data/sets/open_dataset.h"
#include "ssl/train/step/device_batch.h"

namespace caldera::ssl {
namespace {

data::DataSpec Spec() {
  data::DataSpec spec;
  const std::string folder = base::NewFolder("feed_data");
  data::WriteIdxSet(folder, "train", 24, 8, 8);
  data::WriteIdxSet(folder, "t10k", 8, 8, 8);
  spec.set_dataset(folder);
  spec.mutable_augment()->mutable_random_erasing()->set_probability(1);
  return spec;
}

std::unique_ptr<data::Loader> MakeLoader(
    const data::DataSpec& spec, std::shared_ptr<const data::Dataset> dataset) {
  data::LoaderOptions options;
  options.batch_size = 4;
  options.seed = 3;
  options.image_size = 8;
  options.workers = 0;
  options.shuffle = options.drop_last = true;
  options.views = data::ViewsOf(spec);
  auto loader = data::Loader::Create(std::move(dataset), options);
  EXPECT_TRUE(loader.ok()) << loader.status();
  return *std::move(loader);
}

// Batches are normalised and erased, in the order of the loader, prefetched or
// not.
TEST(BatchFeed, GivesTheLoadersBatches) {
  const data::DataSpec spec = Spec();
  const auto dataset = data::OpenDataset(spec);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto expected = MakeLoader(spec, *dataset);
  const auto loader = MakeLoader(spec, *dataset);
  BatchFeedOptions options;
  options.info = (*dataset)->info();
  options.views = data::ViewsOf(spec);
  options.seed = 3;
  options.image_size = 8;
  BatchFeed feed(*loader, options);
  for (int step = 0; step < 8; ++step) {
    const absl::StatusOr<data::Batch> bytes = expected->Next();
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    DeviceBatch batch = ToDevice(*bytes, options.info, at::kCPU);
    const at::Tensor whole = batch.views[0].clone();
    EraseViews(options.views, options.seed, *bytes, &batch);
    EXPECT_FALSE(batch.views[0].equal(whole));
    const absl::StatusOr<DeviceBatch> got = feed.Next();
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(got->views[0].equal(batch.views[0]));
    EXPECT_TRUE(got->index.equal(batch.index));
    EXPECT_TRUE(got->labels.equal(batch.labels));
    if (step % 2 == 0) feed.Prefetch();
  }
}

TEST(BatchFeed, RepeatsTheFirstBatchWhereAskedTo) {
  const data::DataSpec spec = Spec();
  const auto dataset = data::OpenDataset(spec);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto expected = MakeLoader(spec, *dataset);
  const auto loader = MakeLoader(spec, *dataset);
  BatchFeedOptions options;
  options.info = (*dataset)->info();
  options.image_size = 8;
  options.repeat_first = 3;
  BatchFeed feed(*loader, options);
  const auto first = expected->Next(), second = expected->Next();
  for (int step = 0; step < 4; ++step) {
    const absl::StatusOr<DeviceBatch> got = feed.Next();
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(got->index.equal((step < 3 ? first : second)->index)) << step;
    feed.Prefetch();
  }
}

}  // namespace
}  // namespace caldera::ssl
