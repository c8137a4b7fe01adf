// Every method begins with the weights of a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "ssl/objective/experiment_plan.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "vit/state_dict.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/safetensors.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Error(const Experiment& experiment) {
  return std::string(ExperimentPlan::Make(experiment).status().message());
}

TEST(Start, EveryMethodTakesTheFilesEncoder) {
  const auto file = vit::LoadEncoder(TinyTeacher());
  ASSERT_TRUE(file.ok()) << file.status();
  const vit::StateDict expected = vit::GetStateDict(*file->encoder);
  for (auto [name, experiment] : TinyMethods()) {
    // Those of other parts than the encoder's have nothing to compare with.
    if (experiment.encoder().has_custom() || experiment.encoder().has_block()) {
      continue;
    }
    experiment.mutable_start()->set_encoder(TinyTeacher());
    if (experiment.has_classification()) {
      experiment.mutable_classification()->clear_encoder();
    }
    TinyModel model(experiment);
    const vit::StateDict state = vit::GetStateDict(model.method->encoder());
    EXPECT_GT(state.size(), 20) << name;
    for (const auto& [tensor, value] : state) {
      EXPECT_TRUE(value.equal(expected.at(tensor).to(at::kDouble)))
          << name << " " << tensor;
    }
  }
}

// A full checkpoint of MAE has the decoder too; an average begins as the
// started student.
TEST(Start, TheDecoderAndTheAverageBeginWithTheFile) {
  Experiment experiment = TinyMethods().at("mae_ema_features");
  experiment.set_seed(5);
  const TinyModel other(experiment);
  vit::StateDict saved = other.method->NamedState();
  for (auto tensor = saved.begin(); tensor != saved.end();) {
    const bool teachers = tensor->first.rfind("teacher.", 0) == 0;
    tensor = teachers ? saved.erase(tensor) : std::next(tensor);
  }
  const std::string path =
      std::filesystem::path(testing::TempDir()) / "full.safetensors";
  ASSERT_EQ(vit::WriteSafetensors(path, {saved, {}}), absl::OkStatus());

  experiment.set_seed(6);
  const TinyModel scratch(experiment);
  EXPECT_FALSE(scratch.method->NamedState()
                   .at("decoder_embed.weight")
                   .equal(saved.at("decoder_embed.weight")));
  experiment.mutable_start()->set_encoder(path);
  auto plan = ExperimentPlan::Make(experiment);
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_NE(plan->start(), nullptr);
  EXPECT_EQ(plan->start()->decoder_file, path);
  EXPECT_TRUE(plan->start()->left_over.empty());
  EXPECT_EQ(plan->start()->taken.size(), saved.size());
  const TinyModel started(*std::move(plan), {});
  const vit::StateDict state = started.method->NamedState();
  for (const auto& [name, tensor] : saved) {
    const at::Tensor expected = tensor.to(at::kFloat).to(at::kDouble);
    EXPECT_TRUE(state.at(name).allclose(expected, 0, 1e-7)) << name;
    if (state.count("teacher." + name) == 0) continue;
    EXPECT_TRUE(state.at("teacher." + name).equal(state.at(name))) << name;
  }
  EXPECT_EQ(state.count("teacher.norm.weight"), 1);
}

// A run that goes on has its weights in its own checkpoint.
TEST(Start, IsNotReadByARunThatGoesOn) {
  Experiment experiment = TinyMae();
  experiment.mutable_start()->set_encoder("/no/such/file");
  EXPECT_THAT(Error(experiment), StartsWith("start.encoder: "));
  PlanOptions options;
  options.resumes = true;
  const auto plan = ExperimentPlan::Make(experiment, options);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->start(), nullptr);
}

TEST(Start, SaysWhatToMend) {
  Experiment experiment = TinyMae();
  StartSpec& start = *experiment.mutable_start();
  EXPECT_EQ(Error(experiment), "");
  start.set_key("student");
  EXPECT_EQ(Error(experiment),
            "start.encoder: is missing; name the file of weights to start "
            "from, or leave out start {}");
  start.set_encoder(TinyTeacher());
  EXPECT_THAT(Error(experiment),
              testing::AllOf(StartsWith("start.encoder: "),
                             HasSubstr("no ViT under the key \"student\"")));
  start.clear_key();
  EXPECT_EQ(Error(experiment), "");
  start.set_decoder("/no/such/file");
  EXPECT_THAT(Error(experiment), StartsWith("start.decoder: cannot open"));
  start.set_decoder(TinyTeacher());
  EXPECT_THAT(Error(experiment), testing::AllOf(StartsWith("start.decoder: "),
                                                HasSubstr("lacks \"decoder_")));
  experiment = TinyExperiment("classification {}");
  experiment.mutable_start()->set_encoder(TinyTeacher());
  experiment.mutable_start()->set_decoder(TinyTeacher());
  EXPECT_EQ(Error(experiment),
            "start.decoder: the method has no decoder; leave it out");
  experiment.mutable_start()->clear_decoder();
  experiment.mutable_classification()->set_encoder("other");
  EXPECT_THAT(Error(experiment),
              HasSubstr("and classification.encoder, its older name, is"));
}

}  // namespace
}  // namespace caldera::ssl
