#include "ssl/fit/fit_to_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/spec_fields.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

constexpr Machine kCpu{false, 4, 16'000'000'000};
constexpr Machine kGpu{true, 16, 80'000'000'000};
constexpr Machine kSmallGpu{true, 8, 8'000'000'000};

Experiment Given(const std::string& text) {
  Experiment experiment;
  EXPECT_TRUE(base::ParseSpec(text, &experiment)) << text;
  return experiment;
}

// The steps that the chosen epochs give.
double Steps(const Experiment& choices, int64_t images) {
  return choices.train().epochs() *
         static_cast<double>(images / choices.train().batch_size());
}

TEST(FitToImages, ACpuGetsASmallModelAndFewSteps) {
  const Fitted fitted = FitToImages(Given("fit {} mae {}"), 3000, kCpu);
  const Experiment& chosen = fitted.choices;
  EXPECT_EQ(chosen.encoder().model(), "vit_tiny");
  EXPECT_EQ(chosen.encoder().image_size(), 96);
  EXPECT_EQ(chosen.encoder().patch_size(), 8);
  EXPECT_EQ(chosen.train().batch_size(), 64);
  EXPECT_EQ(chosen.data().loader().workers(), 2);
  EXPECT_FALSE(chosen.train().has_precision());
  EXPECT_GE(Steps(chosen, 3000), 5000);  // the cap, up to a whole epoch
  EXPECT_LT(Steps(chosen, 3000), 5000 + 46);
}

TEST(FitToImages, AGpuGetsTheModelThatItsMemoryAndTheImagesAllow) {
  const auto model = [](int64_t images, const Machine& machine) {
    return FitToImages(Given("fit {} mae {}"), images, machine)
        .choices.encoder()
        .model();
  };
  EXPECT_EQ(model(1000, kGpu), "vit_small");
  EXPECT_EQ(model(100000, kGpu), "vit_base");
  EXPECT_EQ(model(100000, kSmallGpu), "vit_small");
}

// A batch is at most a quarter of the images, a run has its least steps.
TEST(FitToImages, FewImagesHaveSmallBatchesAndManyEpochs) {
  for (const int64_t images : {1, 3, 4, 7, 16, 25, 100, 1000}) {
    for (const Machine& machine : {kCpu, kGpu, kSmallGpu}) {
      const Fitted fitted =
          FitToImages(Given("fit {} mae {}"), images, machine);
      const int64_t batch = fitted.choices.train().batch_size();
      EXPECT_GE(batch, 1);
      EXPECT_LE(batch, std::max<int64_t>(1, images / 4)) << images;
      EXPECT_GE(Steps(fitted.choices, images), machine.cuda ? 10000 : 1000);
    }
  }
}

TEST(FitToImages, WhatIsGivenStaysAndWhatFollowsFromItFollows) {
  const Fitted fitted = FitToImages(
      Given("fit {} mae { decoder { depth: 1 } } encoder { embed_dim: 16 "
            "patch_size: 2 } train { batch_size: 10 } eval { workers: 3 }"),
      100, kCpu);
  const Experiment& chosen = fitted.choices;
  EXPECT_FALSE(chosen.has_encoder());
  EXPECT_FALSE(chosen.has_mae());
  EXPECT_FALSE(chosen.train().has_batch_size());
  EXPECT_FALSE(chosen.has_eval());
  EXPECT_EQ(chosen.train().epochs(), 400);  // 10 steps each
  const Fitted steps =
      FitToImages(Given("fit {} train { steps: 2 }"), 100, kCpu);
  EXPECT_EQ(steps.choices.train().length_case(), TrainSpec::LENGTH_NOT_SET);
}

TEST(FitToImages, ContinuingLeavesTheModelAndIsShorter) {
  const Fitted whole = FitToImages(Given("fit {} mae {}"), 4096, kGpu);
  const Fitted part = FitToImages(
      Given("fit { model: false length: 0.25 } mae {}"), 4096, kGpu);
  EXPECT_FALSE(part.choices.has_encoder());
  EXPECT_FALSE(part.choices.has_mae());
  EXPECT_EQ(4 * part.choices.train().epochs(), whole.choices.train().epochs());
}

// The rate that training uses: base_lr * batch / 256 where it is scaled.
TEST(FitToImages, TheRateGrowsWithTheRootOfTheBatch) {
  const auto rate = [](const std::string& optimizer) {
    return FitToImages(Given("fit {} train { batch_size: 256 } " + optimizer),
                       4096, kGpu)
        .choices.optimizer()
        .base_lr();
  };
  EXPECT_DOUBLE_EQ(rate(""), 6e-4);
  const Fitted scaled =
      FitToImages(Given("fit {} train { batch_size: 64 }"), 4096, kGpu);
  EXPECT_DOUBLE_EQ(scaled.choices.optimizer().base_lr() * 64 / 256, 3e-4);
  const Fitted plain = FitToImages(
      Given("fit {} train { batch_size: 64 } optimizer { scale_lr_by_batch: "
            "false }"),
      4096, kGpu);
  EXPECT_DOUBLE_EQ(plain.choices.optimizer().base_lr(), 3e-4);
}

TEST(FitToImages, EachChoiceHasItsReason) {
  const Fitted fitted = FitToImages(Given("fit {} mae {}"), 5000, kGpu);
  EXPECT_THAT(fitted.reasons,
              testing::Contains(HasSubstr("train { batch_size: 1024 }: at "
                                          "most a quarter of 5000 images")));
  Experiment all;
  for (const std::string& reason : fitted.reasons) {
    const size_t end = reason.find("}: ");
    ASSERT_NE(end, std::string::npos) << reason;
    all.MergeFrom(Given(reason.substr(0, end + 1)));
  }
  EXPECT_EQ(all.DebugString(), fitted.choices.DebugString());
}

TEST(ChoicesOf, AreThoseOfTheEarlierRun) {
  const Experiment given = Given("fit {} mae {}");
  Experiment earlier = FitToImages(given, 3000, kCpu).choices;
  earlier.mutable_encoder()->clear_model();
  earlier.mutable_encoder()->set_embed_dim(192);
  earlier.mutable_encoder()->set_depth(12);
  earlier.mutable_encoder()->set_num_heads(3);
  earlier.mutable_train()->set_precision(TrainSpec::FP32);
  EXPECT_EQ(ChoicesOf(given, earlier).choices.DebugString(),
            earlier.DebugString());
  const Fitted some = ChoicesOf(
      Given("fit {} mae {} encoder { model: 'vit_small' } train { steps: 2 }"),
      earlier);
  EXPECT_FALSE(some.choices.encoder().has_embed_dim());
  EXPECT_EQ(some.choices.train().length_case(), TrainSpec::LENGTH_NOT_SET);
  EXPECT_EQ(some.choices.train().batch_size(), 64);
}

}  // namespace
}  // namespace caldera::ssl
