#include "eval/linear/encoded_batches.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "eval/features/labelled_images_testing.h"
#include "eval/features/tiny_encoder_testing.h"
#include "eval/linear/cached_batches.h"

namespace caldera::eval {
namespace {

class EncodedBatchesTest : public testing::Test {
 protected:
  EncodedBatchesTest() {
    options_.batch_size = 6;
    options_.seed = 3;
    options_.augment.emplace().set_horizontal_flip(0);
  }

  std::shared_ptr<vit::Encoder> encoder_ = TinyEncoder(1);
  std::shared_ptr<LabelledImages> images_ =
      std::make_shared<LabelledImages>(20);
  ExtractOptions options_;
  std::vector<Readout> readouts_ = {{"mean", {0}, true}, {"cls", {0}, false}};
};

TEST_F(EncodedBatchesTest, WithoutAugmentationEqualCachedOnes) {
  encoder_->train();
  const auto encoded = EncodedBatches(*encoder_, images_, readouts_, options_);
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  const auto features =
      ExtractReadouts(*encoder_, images_, readouts_, ExtractOptions());
  ASSERT_TRUE(features.ok()) << features.status();
  std::vector<int64_t> rows(20);
  std::iota(rows.begin(), rows.end(), 0);
  const FeatureBatches cached = CachedBatches(*features, rows, 6, 3);
  ASSERT_EQ(encoded->steps_per_epoch, 3);
  ASSERT_EQ(cached.steps_per_epoch, 3);
  for (int step = 0; step < 7; ++step) {  // into the third epoch
    const auto a = encoded->next(), b = cached.next();
    ASSERT_TRUE(a.ok()) << a.status();
    EXPECT_TRUE(at::equal(a->labels, b->labels)) << step;
    for (int r = 0; r < 2; ++r) {
      // Different batches sum in a different order: a dozen sums of at most 64
      // products of numbers around 1. Different images differ by 1e-2.
      EXPECT_LT((a->features[r] - b->features[r]).abs().max().item<double>(),
                256 * std::numeric_limits<float>::epsilon());
    }
  }
  EXPECT_TRUE(encoder_->is_training());
}

TEST_F(EncodedBatchesTest, AugmentsAnewInEveryEpoch) {
  options_.augment->mutable_random_resized_crop();
  options_.batch_size = 20;
  const auto encoded = EncodedBatches(*encoder_, images_, readouts_, options_);
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  const auto first = encoded->next(), second = encoded->next();
  EXPECT_FALSE(at::equal(std::get<0>(first->features[0].sort(0)),
                         std::get<0>(second->features[0].sort(0))));
}

TEST_F(EncodedBatchesTest, AnUnreadableImageIsAnError) {
  images_->bad_image = 4;
  options_.batch_size = 20;
  const auto encoded = EncodedBatches(*encoder_, images_, readouts_, options_);
  ASSERT_TRUE(encoded.ok());
  EXPECT_NE(encoded->next().status().message().find("bars.bin"),
            std::string::npos);
}

}  // namespace
}  // namespace caldera::eval
