#include "eval/features/features.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "data/augment/normalize.h"
#include "data/loader/bad_images.h"
#include "eval/features/labelled_images_testing.h"
#include "eval/features/tiny_encoder_testing.h"

namespace caldera::eval {
namespace {

class FeaturesTest : public testing::Test {
 protected:
  // Extracts one image at a time, in order.
  at::Tensor OneByOne(const Readout& readout) {
    encoder_->eval();
    std::vector<at::Tensor> rows;
    for (int64_t i = 0; i < images_->size(); ++i) {
      const at::Tensor image = images_->Image(i)->unsqueeze(0);
      rows.push_back(ReadFeatures(*encoder_,
                                  data::Normalize(image, images_->info().mean,
                                                  images_->info().std),
                                  {readout})[0][0]
                         .detach());
    }
    return at::stack(rows);
  }

  std::shared_ptr<vit::Encoder> encoder_ = TinyEncoder(1);
  std::shared_ptr<LabelledImages> images_ =
      std::make_shared<LabelledImages>(11);
};

TEST_F(FeaturesTest, ComeInTheImagesOrderWhateverTheBatch) {
  const std::vector<Readout> readouts = {{"mean", {1}, true},
                                         {"cls", {0}, false}};
  ExtractOptions options;
  options.batch_size = 4;  // the last batch is smaller
  options.workers = 2;
  encoder_->train();
  const auto features = ExtractReadouts(*encoder_, images_, readouts, options);
  ASSERT_TRUE(features.ok()) << features.status();
  EXPECT_TRUE(encoder_->is_training());
  ASSERT_EQ(features->size(), 2);
  for (int r = 0; r < 2; ++r) {
    const LabelledFeatures& some = (*features)[r];
    EXPECT_FALSE(some.features.requires_grad());
    EXPECT_LT((some.features - OneByOne(readouts[r])).abs().max().item<float>(),
              1e-5)
        << r;
    for (int64_t i = 0; i < 11; ++i) {
      EXPECT_EQ(some.labels[i].item<int64_t>(), images_->Label(i));
    }
  }
}

TEST_F(FeaturesTest, OneFeatureIsTheFirstOfSeveral) {
  FeatureOptions options;
  options.feature = "cls";
  const auto one = ExtractFeatures(*encoder_, images_, options);
  const auto several = ExtractReadouts(*encoder_, images_, {{"cls", {1}, true}},
                                       ExtractOptions());
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_TRUE(at::equal(one->features, (*several)[0].features));
}

TEST_F(FeaturesTest, ViewsAreDrawnFromTheSeed) {
  ExtractOptions options;
  options.augment.emplace().mutable_random_resized_crop();
  const std::vector<Readout> readouts = {Readout{"mean", {1}, true}};
  const auto extract = [&](uint64_t seed) {
    options.seed = seed;
    return (*ExtractReadouts(*encoder_, images_, readouts, options))[0]
        .features;
  };
  EXPECT_TRUE(at::equal(extract(0), extract(0)));
  EXPECT_FALSE(at::equal(extract(0), extract(1)));
}

TEST_F(FeaturesTest, ABadImageIsNamed) {
  images_->bad_image = 7;
  const auto features = ExtractFeatures(*encoder_, images_, FeatureOptions());
  EXPECT_NE(features.status().message().find("bars.bin: cut off"),
            std::string::npos);
}

TEST_F(FeaturesTest, BadImagesAreLeftOutIfTheyAreNoted) {
  const auto all = ExtractFeatures(*encoder_, images_, FeatureOptions());
  images_->bad_every = 4;  // images 3 and 7
  FeatureOptions options;
  options.batch_size = 3;
  options.bad_images = std::make_shared<data::BadImages>();
  const auto rest = ExtractFeatures(*encoder_, images_, options);
  ASSERT_TRUE(rest.ok()) << rest.status();
  ASSERT_EQ(rest->features.size(0), 9);
  ASSERT_EQ(rest->labels.size(0), 9);
  const int64_t kept[] = {0, 1, 2, 4, 5, 6, 8, 9, 10};
  for (int64_t row = 0; row < 9; ++row) {
    EXPECT_LT((rest->features[row] - all->features[kept[row]])
                  .abs()
                  .max()
                  .item<float>(),
              1e-5);
    EXPECT_EQ(rest->labels[row].item<int64_t>(), images_->Label(kept[row]));
  }
  EXPECT_EQ(RawPixels(images_, 8, options.bad_images)->features.size(0), 9);
  EXPECT_EQ(options.bad_images->count(), 2);
}

TEST_F(FeaturesTest, ASetWithoutAReadableImageIsAnError) {
  images_->bad_every = 1;
  FeatureOptions options;
  options.bad_images = std::make_shared<data::BadImages>();
  EXPECT_EQ(ExtractFeatures(*encoder_, images_, options).status().message(),
            "bars: none of the 11 images can be read");
}

TEST_F(FeaturesTest, RawPixelsAreShares) {
  const auto pixels = RawPixels(images_, 8);
  ASSERT_TRUE(pixels.ok()) << pixels.status();
  const at::Tensor image = images_->Image(3)->flatten().to(at::kFloat) / 255;
  EXPECT_TRUE(at::equal(pixels->features[3], image));
}

}  // namespace
}  // namespace caldera::eval
