#include "benchmarks/throughput/made_up_images.h"

#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ssl/spec/load_experiment.h"

namespace caldera::benchmarks {
namespace {

using testing::HasSubstr;

TEST(MadeUpImages, LargeOnesInColourAreJpegPhotos) {
  const auto dataset = MadeUpImages(3, 224, 40);
  EXPECT_EQ(dataset->size(), 40);
  EXPECT_THAT(dataset->info().name, HasSubstr("JPEG"));
  EXPECT_EQ(dataset->info().height, 0);  // an encoded file: not known
  EXPECT_EQ(dataset->Label(3), -1);
  const auto image = dataset->Image(7);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->sizes().vec(), (std::vector<int64_t>{3, 375, 500}));
  const auto other = dataset->Image(8);
  EXPECT_FALSE(image->equal(*other));
  const auto source = dataset->Open(7);
  ASSERT_TRUE(source.ok()) << source.status();
  const auto region = (*source)->Region({100, 30, 50, 60});
  ASSERT_TRUE(region.ok()) << region.status();
  EXPECT_TRUE(region->equal(image->narrow(1, 100, 50).narrow(2, 30, 60)));
}

TEST(MadeUpImages, SmallOnesArePixels) {
  const auto dataset = MadeUpImages(1, 28, 1024);
  EXPECT_THAT(dataset->info().name, HasSubstr("pixels"));
  EXPECT_EQ(dataset->info().mean.size(), 1);
  const auto image = dataset->Image(1000);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->sizes().vec(), (std::vector<int64_t>{1, 28, 28}));
  EXPECT_EQ(image->scalar_type(), at::kByte);
}

TEST(ImagesFor, StandsInForAKnownSetAlone) {
  setenv("CALDERA_DATA", "/nonexistent", 1);
  auto experiment = ssl::LoadExperiment("imagenet100/mae", {});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  const auto stand_in = ImagesFor(*experiment);
  ASSERT_TRUE(stand_in.ok()) << stand_in.status();
  EXPECT_EQ((*stand_in)->size(), 1024);

  experiment->mutable_data()->set_dataset("/nonexistent/mine");
  EXPECT_THAT(std::string(ImagesFor(*experiment).status().message()),
              HasSubstr("/nonexistent/mine"));

  experiment->mutable_data()->set_dataset("imagenet100");
  experiment->mutable_classification();
  EXPECT_FALSE(ImagesFor(*experiment).ok());
}

}  // namespace
}  // namespace caldera::benchmarks
