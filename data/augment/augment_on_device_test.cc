#include "data/augment/augment_on_device.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include "data/augment/augment.h"
#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

TEST(AugmentOnDevice, AgreesWithTheLoadersWay) {
  const MadeUpDataset dataset(40, 3, 40, 30);
  const at::Tensor all = *LoadImages(dataset, at::kCPU);
  ASSERT_EQ(all.sizes(), (at::IntArrayRef{40, 3, 40, 30}));
  for (const auto interpolation :
       {RandomResizedCropSpec::BICUBIC, RandomResizedCropSpec::BILINEAR}) {
    AugmentSpec spec;
    spec.mutable_random_resized_crop()->set_interpolation(interpolation);
    std::vector<AugmentPlan> plans;
    std::vector<at::Tensor> expected;
    int flips = 0, columns_first = 0;
    for (int64_t i = 0; i < 40; ++i) {
      base::RandomStream stream = AugmentStream(1, 2, i, 0);
      plans.push_back(
          DrawAugmentPlan(Augmentation(spec), 40, 30, {24}, stream));
      expected.push_back(ApplyAugmentPlan(plans[i], all[i], 24));
      flips += plans[i].flip;
      columns_first +=
          ColumnsFirst(plans[i].crop.height, plans[i].crop.width, 24, 24);
    }
    ASSERT_TRUE(flips > 5 && flips < 35 && columns_first > 2) << columns_first;
    const at::Tensor views = AugmentOnDevice(plans, all, 24);
    EXPECT_EQ(views.scalar_type(), at::kByte);
    const at::Tensor off =
        (views.to(at::kInt) - at::stack(expected).to(at::kInt)).abs();
    // These images are ramps, where halves are common.
    EXPECT_LE(off.max().item<int>(), 2);
    EXPECT_LT(off.to(at::kFloat).mean().item<float>(), 0.03);
  }
}

TEST(LoadImages, RefusesWhatIsNotOneTensor) {
  MadeUpDataset dataset(4, 1, 8, 8);
  dataset.odd_image = 2;
  EXPECT_EQ(LoadImages(dataset, at::kCPU).status().message(),
            "made_up, image 2: has shape [2, 2], expected [1, 8, 8]; use the "
            "loader");
  EXPECT_EQ(LoadImages(MadeUpDataset(4, 1, 0, 0), at::kCPU).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace caldera::data
