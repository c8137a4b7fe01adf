#include "eval/classify.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/randint.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/loader/bad_images.h"
#include "data/sets/dataset.h"
#include "eval/features/evaluation_sets.h"
#include "vit/module_testing.h"
#include "vit/vit.pb.h"

namespace caldera::eval {
namespace {

constexpr int64_t kClasses = 9;

// Images of 8 x 8 pixels of noise inside a frame of `frame` pixels of
// `frame_value`.
class Noise : public data::Dataset {
 public:
  explicit Noise(int64_t size, int64_t frame = 0, int frame_value = 0)
      : size_(size), frame_(frame), frame_value_(frame_value) {
    info_.name = "noise";
    info_.num_classes = kClasses;
    info_.channels = 1;
    info_.height = info_.width = 8 + 2 * frame;
    info_.mean = {0.4};
    info_.std = {0.2};
  }
  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }
  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    if (i == bad) return absl::DataLossError("cut off");
    const at::Tensor pixels =
        at::randint(0, 256, {1, 8, 8},
                    at::make_generator<at::CPUGeneratorImpl>(i), at::kByte);
    return at::constant_pad_nd(pixels, {frame_, frame_, frame_, frame_},
                               frame_value_);
  }
  int64_t Label(int64_t i) const override {
    const int64_t label = i * 5 % kClasses;
    return beyond && label == 0 ? kClasses : label;
  }

  int64_t bad = -1;
  bool beyond = false;

 private:
  int64_t size_, frame_;
  int frame_value_;
  data::DatasetInfo info_;
};

EvaluationSets Sets(std::shared_ptr<Noise> images) {
  EvaluationSets sets;
  sets.train = sets.test = std::move(images);
  sets.num_classes = kClasses;
  return sets;
}

std::shared_ptr<vit::Classifier> TinyClassifier() {
  vit::EncoderSpec encoder;
  encoder.set_image_size(8);
  encoder.set_patch_size(4);
  encoder.set_channels(1);
  encoder.set_embed_dim(16);
  encoder.set_depth(1);
  encoder.set_num_heads(2);
  encoder.set_drop_path(0.9);  // would throw in training mode: no numbers
  vit::ClassifierSpec head;
  head.set_num_classes(kClasses);
  auto classifier = std::make_shared<vit::Classifier>(encoder, head);
  vit::FillNormal(*classifier, 0.5, /*seed=*/3);
  classifier->to(at::kFloat);
  return classifier;
}

// Computes the accuracy image by image, class by class.
TEST(EvaluateClassifier, CountsAsTheLoop) {
  const auto classifier = TinyClassifier();
  const auto images = std::make_shared<Noise>(50);
  const auto row = EvaluateClassifier("noise/tiny", *classifier, Sets(images),
                                      {/*batch_size=*/8});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_TRUE(classifier->is_training());

  classifier->eval();
  int top1 = 0, top5 = 0;
  float least_gap = 1;
  for (int64_t i = 0; i < 50; ++i) {
    const at::Tensor pixels =
        ((*images->Image(i)).to(at::kFloat) / 255 - 0.4) / 0.2;
    const at::Tensor logits =
        classifier->forward(pixels.unsqueeze(0), {}).logits[0];
    int ahead = 0;
    const int64_t label = images->Label(i);
    for (int64_t k = 0; k < kClasses; ++k) {
      const float lead = logits[k].item<float>() - logits[label].item<float>();
      ahead += lead > 0;
      if (k != label) least_gap = std::min(least_gap, std::abs(lead));
    }
    top1 += ahead < 1;
    top5 += ahead < 5;
  }
  EXPECT_GT(least_gap, 1e-4);  // no rank stands on a rounding
  EXPECT_GT(top1, 0);
  EXPECT_LT(top1, top5);
  EXPECT_LT(top5, 50);
  EXPECT_NEAR((*row)["top1"].get<double>(), 2.0 * top1, 1e-9);
  EXPECT_NEAR((*row)["top5"].get<double>(), 2.0 * top5, 1e-9);
  EXPECT_EQ((*row)["test_size"], 50);
  EXPECT_EQ((*row)["features"], "noise/tiny");
  EXPECT_EQ((*row)["task"], "classify");
  EXPECT_EQ((*row)["setting"].dump(), R"({"feature":"mean","masking":"none"})");
}

// The centre 8 of 16 pixels are half of the side, so the frame is cut off.
TEST(EvaluateClassifier, SeesTheCentreAlone) {
  const auto classifier = TinyClassifier();
  std::vector<nlohmann::json> rows;
  for (const int frame_value : {0, 200}) {
    ClassifyOptions options;
    options.test_crop = 0.5;
    const auto row = EvaluateClassifier(
        "noise", *classifier, Sets(std::make_shared<Noise>(50, 4, frame_value)),
        options);
    ASSERT_TRUE(row.ok()) << row.status();
    rows.push_back(*row);
  }
  EXPECT_EQ(rows[0], rows[1]);
  EXPECT_EQ(rows[0]["setting"]["test_crop"], 0.5);
  const auto uncut = EvaluateClassifier("noise", *classifier,
                                        Sets(std::make_shared<Noise>(50)), {});
  ASSERT_TRUE(uncut.ok());
  EXPECT_EQ(rows[0]["top1"], (*uncut)["top1"]);
}

// A classifier of 9 classes on images of 9 and of 10.
TEST(EvaluateClassifier, ClassesThatItDoesNotHaveCountAsWrong) {
  const auto classifier = TinyClassifier();
  const auto images = std::make_shared<Noise>(50);
  const auto all = EvaluateClassifier("noise", *classifier, Sets(images), {});
  images->beyond = true;  // images 0 and 9, ... of class 0 are of class 9
  EvaluationSets sets = Sets(images);
  sets.unseen = 6;
  const auto row = EvaluateClassifier("noise", *classifier, sets, {});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ((*row)["test_size"], 50);
  EXPECT_EQ((*row)["unseen"], 6);
  EXPECT_LE((*row)["top1"], (*all)["top1"]);
  EXPECT_LE((*row)["top5"], 100 * 44 / 50.0);
}

TEST(EvaluateClassifier, LeavesOutWhatCannotBeRead) {
  const auto images = std::make_shared<Noise>(20);
  images->bad = 7;
  EvaluationSets sets = Sets(images);
  const auto failed = EvaluateClassifier("noise", *TinyClassifier(), sets, {});
  EXPECT_THAT(std::string(failed.status().message()),
              testing::StartsWith("noise, image 7: "));
  sets.test_bad = std::make_shared<data::BadImages>();
  const auto row = EvaluateClassifier("noise", *TinyClassifier(), sets, {});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ((*row)["test_size"], 19);
  EXPECT_EQ((*row)["skipped"], 1);
}

}  // namespace
}  // namespace caldera::eval
