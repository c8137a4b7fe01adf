#include "ssl/train/label_free/held_out_measures.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "data/loader/first_images.h"
#include "eval/features/opened_splits.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/step/device_batch.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

// Photos of one colour each; every tenth is cut off if `damaged`.
std::string WritePhotos(const std::string& name, int count,
                        bool damaged = false) {
  const std::string folder = base::NewFolder(name);
  for (int i = 0; i < count; ++i) {
    std::string bytes =
        data::BmpBytes(8, 8, i % 250, 7 * i % 250, 13 * i % 250);
    if (damaged && i % 10 == 3) bytes.resize(100);
    base::WriteFile(absl::StrCat(folder, "/", i, ".bmp"), bytes);
  }
  return folder;
}

Experiment Tiny(const std::string& folder,
                std::vector<std::string> overrides = {}) {
  for (const char* override :
       {"encoder.image_size=8", "encoder.patch_size=2", "encoder.embed_dim=16",
        "encoder.depth=1", "encoder.num_heads=2", "mae.decoder.embed_dim=16",
        "mae.decoder.depth=1", "mae.decoder.num_heads=2",
        "data.loader.workers=0", "eval.workers=0"}) {
    overrides.emplace_back(override);
  }
  overrides.push_back("data.dataset=" + folder);
  const auto experiment = LoadExperiment("photos/mae", overrides);
  EXPECT_TRUE(experiment.ok()) << experiment.status();
  return *experiment;
}

std::shared_ptr<Method> Build(const Experiment& experiment) {
  auto plan = ExperimentPlan::Make(experiment);
  EXPECT_TRUE(plan.ok()) << plan.status();
  auto method = plan->BuildMethod();
  EXPECT_TRUE(method.ok()) << method.status();
  return *method;
}

absl::StatusOr<HeldOutMeasures> Open(const Experiment& experiment) {
  return HeldOutMeasures::Open(experiment, eval::OpenSplits(experiment.data()),
                               at::kCPU);
}

// Several passes over 70 images and more are one over all of them.
TEST(HeldOutMeasures, TheReconstructionErrorIsTheMethodsLoss) {
  const Experiment experiment =
      Tiny(WritePhotos("held_loss", 160), {"data.held_out_share=0.5"});
  const auto method = Build(experiment);
  const auto held_out = Open(experiment);
  ASSERT_TRUE(held_out.ok()) << held_out.status();
  EXPECT_EQ(held_out->split(), "validation");
  method->train();
  const auto measures = held_out->Measure(*method);
  ASSERT_TRUE(measures.ok()) << measures.status();
  EXPECT_TRUE(method->is_training());
  ASSERT_GT(measures->images, 64);

  const auto set = eval::OpenSplits(experiment.data()).validation;
  ASSERT_EQ(set->size(), measures->images);
  const auto images = data::FirstImages(set, set->size(), 8, nullptr);
  ASSERT_TRUE(images.ok()) << images.status();
  const at::NoGradGuard no_grad;
  method->eval();
  const StepOutput all = method->Step(ToDevice(*images, set->info(), at::kCPU),
                                      {experiment.seed(), 0});
  ASSERT_EQ(all.terms[0].name, "reconstruction");
  ASSERT_TRUE(measures->reconstruction.has_value());
  const double loss = all.terms[0].value.item<double>();
  EXPECT_NEAR(*measures->reconstruction, loss, 1e-5 * loss);
}

TEST(HeldOutMeasures, DiffersByTheWeightsAlone) {
  const Experiment experiment = Tiny(WritePhotos("held_weights", 60));
  const auto method = Build(experiment);
  const auto held_out = Open(experiment);
  ASSERT_TRUE(held_out.ok()) << held_out.status();
  const auto one = held_out->Measure(*method), two = held_out->Measure(*method);
  ASSERT_TRUE(one.ok() && two.ok()) << one.status();
  EXPECT_EQ(one->reconstruction, two->reconstruction);
  EXPECT_EQ(one->effective_rank, two->effective_rank);
  EXPECT_EQ(one->alignment, two->alignment);
  EXPECT_GE(one->effective_rank, 1);
  EXPECT_LE(one->effective_rank, 16.01);
  EXPECT_GE(one->participation, 1);
  EXPECT_LE(one->participation, 16);
  EXPECT_GE(one->alignment, 0);
  EXPECT_LE(one->uniformity, 0);
  {
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : method->parameters()) parameter.mul_(1.1);
  }
  const auto changed = held_out->Measure(*method);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_NE(one->reconstruction, changed->reconstruction);
  EXPECT_NE(one->effective_rank, changed->effective_rank);
}

TEST(HeldOutMeasures, DamagedPhotosAreCountedAndLeftOut) {
  const Experiment experiment =
      Tiny(WritePhotos("held_damaged", 100, /*damaged=*/true),
           {"data.held_out_share=0.5"});
  const auto held_out = Open(experiment);
  ASSERT_TRUE(held_out.ok()) << held_out.status();
  const auto method = Build(experiment);
  const auto measures = held_out->Measure(*method);
  ASSERT_TRUE(measures.ok()) << measures.status();
  const auto set = eval::OpenSplits(experiment.data()).validation;
  EXPECT_GT(measures->skipped, 0);
  EXPECT_EQ(measures->images + measures->skipped, set->size());
  const auto picture = held_out->DrawNeighbours(*method);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->size(0), 3);
}

TEST(HeldOutMeasures, WithoutSplitsTheTrainingImagesAreMeasured) {
  Experiment experiment = Tiny(WritePhotos("held_train", 20));
  experiment.mutable_data()->mutable_augment()->clear_horizontal_flip();
  const auto splits = eval::OpenSplits(experiment.data());
  eval::OpenedSplits train_alone = splits;
  train_alone.validation = nullptr;
  const auto held_out =
      HeldOutMeasures::Open(experiment, train_alone, at::kCPU);
  ASSERT_TRUE(held_out.ok()) << held_out.status();
  EXPECT_EQ(held_out->split(), "train");
}

TEST(HeldOutMeasures, FeaturesThatAreNotFiniteAreAnError) {
  const Experiment experiment = Tiny(WritePhotos("held_nan", 20));
  const auto held_out = Open(experiment);
  ASSERT_TRUE(held_out.ok()) << held_out.status();
  const auto method = Build(experiment);
  {
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : method->encoder().parameters()) {
      parameter.fill_(std::nan(""));
    }
  }
  const auto measures = held_out->Measure(*method);
  ASSERT_FALSE(measures.ok());
  EXPECT_THAT(std::string(measures.status().message()), HasSubstr("held-out"));
}

}  // namespace
}  // namespace caldera::ssl
