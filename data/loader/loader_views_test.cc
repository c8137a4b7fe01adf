// Several views of an image, and several copies of it in a batch.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/spec_fields.h"
#include "data/augment/augment.h"
#include "data/loader/batch_testing.h"
#include "data/loader/loader.h"
#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

AugmentSpec Parse(const std::string& text) {
  AugmentSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec));
  return spec;
}

LoaderOptions Options() {
  LoaderOptions options;
  options.batch_size = 4;
  options.seed = 11;
  options.image_size = 8;
  options.shuffle = true;
  options.drop_last = true;
  options.workers = 0;
  return options;
}

Batch First(const LoaderOptions& options) {
  auto loader =
      Loader::Create(std::make_shared<MadeUpDataset>(22, 3, 12, 10), options);
  EXPECT_TRUE(loader.ok()) << loader.status();
  (*loader)->Seek(3, 1);
  auto batch = (*loader)->Next();
  EXPECT_TRUE(batch.ok()) << batch.status();
  return *std::move(batch);
}

int64_t IndexOf(const Batch& batch, int64_t b) {
  return batch.index.const_data_ptr<int64_t>()[b];
}

// Expects the views and crops of the batch, computed from each full image.
void ExpectViews(const LoaderOptions& options, const Batch& batch) {
  const MadeUpDataset dataset(22, 3, 12, 10);
  ASSERT_EQ(batch.views.size(), options.views.size());
  const at::Tensor crops = CropsOf(batch, 8);
  ASSERT_EQ(
      crops.sizes(),
      (at::IntArrayRef{4, static_cast<int64_t>(options.views.size()), 5}));
  const float* crop = crops.const_data_ptr<float>();
  for (int64_t b = 0; b < 4; ++b) {
    const int64_t index = IndexOf(batch, b);
    for (size_t v = 0; v < options.views.size(); ++v, crop += 5) {
      base::RandomStream stream = AugmentStream(options.seed, batch.epoch,
                                                index, v, b % options.repeats);
      const AugmentPlan plan = DrawAugmentPlan(
          Augmentation(options.views[v]), 12, 10, {8, FillOf({0.5})}, stream);
      EXPECT_TRUE(at::equal(batch.views[v][b],
                            ApplyAugmentPlan(plan, *dataset.Image(index), 8)));
      const ViewBox box = BoxOf(plan, 8);
      EXPECT_FLOAT_EQ(crop[0], box.top);
      EXPECT_FLOAT_EQ(crop[1], box.left);
      EXPECT_FLOAT_EQ(crop[2], box.height);
      EXPECT_FLOAT_EQ(crop[3], box.width);
      EXPECT_EQ(crop[4], plan.flip ? 1 : 0);
    }
  }
}

TEST(LoaderViews, EachIsDrawnAndDoneByItself) {
  LoaderOptions options = Options();
  options.views = {
      Parse("random_resized_crop {} color_jitter {} grayscale: 0.5"),
      Parse("random_crop {} rand_augment { probability: 1 }"),
      Parse("center_crop {} gaussian_blur {} solarize {}")};
  ExpectViews(options, First(options));
}

// The rectangle of CropMAE's local view is inside the global one, and the view
// is that of an image which ends there.
TEST(LoaderViews, AViewIsCutFromAnother) {
  LoaderOptions options = Options();
  options.views = {
      Parse("random_resized_crop { max_scale: 0.6 }"),
      Parse("random_resized_crop { min_scale: 0.3 max_scale: 0.6 } "
            "inside_view: 0")};
  const MadeUpDataset dataset(22, 3, 12, 10);
  const Batch batch = First(options);
  const at::Tensor crops = CropsOf(batch, 8);
  const float* crop = crops.const_data_ptr<float>();
  for (int64_t b = 0; b < 4; ++b, crop += 10) {
    EXPECT_GE(crop[5], crop[0]);
    EXPECT_GE(crop[6], crop[1]);
    EXPECT_LE(crop[5] + crop[7], crop[0] + crop[2]);
    EXPECT_LE(crop[6] + crop[8], crop[1] + crop[3]);
    EXPECT_LT(crop[7] * crop[8], crop[2] * crop[3]);
    base::RandomStream stream =
        AugmentStream(options.seed, batch.epoch, IndexOf(batch, b), 1);
    const Rectangle global{
        static_cast<int64_t>(crop[0]), static_cast<int64_t>(crop[1]),
        static_cast<int64_t>(crop[2]), static_cast<int64_t>(crop[3])};
    const AugmentPlan plan = DrawAugmentPlanInside(
        Augmentation(options.views[1]), global, {8, FillOf({0.5})}, stream);
    EXPECT_TRUE(at::equal(
        batch.views[1][b],
        ApplyAugmentPlan(plan, *dataset.Image(IndexOf(batch, b)), 8)));
  }
  // The global view is what it is without the local one.
  LoaderOptions alone = options;
  alone.views.pop_back();
  EXPECT_TRUE(at::equal(batch.views[0], First(alone).views[0]));
}

TEST(LoaderViews, EqualSpecsGiveDifferentViews) {
  LoaderOptions options = Options();
  options.views = {Parse("random_resized_crop {}"),
                   Parse("random_resized_crop {}")};
  const Batch batch = First(options);
  EXPECT_FALSE(at::equal(batch.views[0], batch.views[1]));
  // The first view is what a run with one view would see.
  options.views.pop_back();
  EXPECT_TRUE(at::equal(batch.views[0], First(options).views[0]));
}

TEST(LoaderViews, EvaluationHasOneAndItsBox) {
  const Batch batch = First(Options());
  ASSERT_EQ(batch.views.size(), 1);
  const at::Tensor crops = CropsOf(batch, 8);
  for (int64_t b = 0; b < 4; ++b) {
    const float* crop = crops.const_data_ptr<float>() + 5 * b;
    EXPECT_EQ(std::vector<float>(crop, crop + 5),
              (std::vector<float>{1, 0, 10, 10, 0}));
  }
}

TEST(LoaderRepeats, CopiesLieSideBySideAndDiffer) {
  LoaderOptions options = Options();
  options.repeats = 2;
  options.views = {Parse("random_resized_crop {}")};
  const Batch batch = First(options);
  EXPECT_EQ(IndexOf(batch, 0), IndexOf(batch, 1));
  EXPECT_EQ(IndexOf(batch, 2), IndexOf(batch, 3));
  EXPECT_NE(IndexOf(batch, 0), IndexOf(batch, 2));
  EXPECT_FALSE(at::equal(batch.views[0][0], batch.views[0][1]));
  ExpectViews(options, batch);
}

}  // namespace
}  // namespace caldera::data
