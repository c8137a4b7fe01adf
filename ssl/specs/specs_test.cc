// Every spec of the folder: it loads, fits together, and trains a step.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/isfinite.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/augment/views.h"
#include "data/decode/bmp_testing.h"
#include "data/loader/loader.h"
#include "data/sets/dataset.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/objective/objective.h"
#include "ssl/spec/find_spec.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/specs/noise_dataset_testing.h"
#include "ssl/train/step/device_batch.h"
#include "ssl/train/step/train_step.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

constexpr int kBatch = 4;

// A teacher of width 16, to stand where a spec names one that is not here.
std::string WriteTeacher(int channels, int image_size, int patch_size,
                         int depth) {
  const std::string path =
      absl::StrCat(testing::TempDir(), "/teacher_", channels, "_", image_size,
                   "_", patch_size, "_", depth, ".safetensors");
  vit::EncoderSpec spec;
  spec.set_channels(channels);
  spec.set_image_size(image_size);
  spec.set_patch_size(patch_size);
  spec.set_embed_dim(16);
  spec.set_depth(depth);
  spec.set_num_heads(2);
  vit::Encoder encoder(spec);
  vit::InitializeVit(encoder, /*seed=*/7);
  const absl::Status saved = vit::SaveEncoder(path, encoder, {});
  EXPECT_TRUE(saved.ok()) << saved;
  return path;
}

// A folder of photos, for specs that name none.
std::string WritePhotos() {
  const std::string folder = base::NewFolder("photos");
  for (int i = 0; i < 20; ++i) {
    base::WriteFile(absl::StrCat(folder, "/", i, ".bmp"),
                    data::BmpBytes(8, 8, 10 * i, 20, 30));
  }
  return folder;
}

// The spec as it stands; a teacher's file is replaced by one that fits it,
// start weights are left out, which Shrink puts back, and photos are a few.
absl::StatusOr<Experiment> LoadSpec(const std::string& name) {
  auto experiment = LoadExperiment(name, {});
  if (absl::StartsWith(experiment.status().message(),
                       "classification.encoder: ")) {
    return LoadExperiment(name, {"classification.encoder=\"\""});
  }
  if (absl::StartsWith(experiment.status().message(),
                       "data.dataset: is not given")) {
    return LoadExperiment(name, {"data.dataset=" + WritePhotos()});
  }
  if (experiment.ok() || !absl::StartsWith(experiment.status().message(),
                                           "mae.teacher.frozen.encoder")) {
    return experiment;
  }
  static const std::vector<std::string> teachers = {
      WriteTeacher(3, 224, 16, 24), WriteTeacher(1, 28, 7, 8)};
  for (const std::string& teacher : teachers) {
    experiment = LoadExperiment(
        name, {absl::StrCat("mae.teacher.frozen.encoder=", teacher)});
    if (experiment.ok()) break;
  }
  return experiment;
}

// The same experiment with a model that trains in milliseconds: 8 x 8 patches,
// width 16, two blocks.
void Shrink(Experiment* experiment) {
  vit::EncoderSpec& encoder = *experiment->mutable_encoder();
  encoder.set_image_size(16);
  encoder.set_patch_size(2);
  encoder.set_embed_dim(16);
  encoder.set_depth(2);
  encoder.set_num_heads(2);
  experiment->mutable_train()->set_batch_size(kBatch);
  if (experiment->has_simclr()) {
    experiment->mutable_simclr()->mutable_projector()->set_hidden_dim(8);
    experiment->mutable_simclr()->mutable_projector()->set_output_dim(8);
  }
  if (experiment->has_vicreg()) {
    experiment->mutable_vicreg()->mutable_projector()->set_hidden_dim(8);
    experiment->mutable_vicreg()->mutable_projector()->set_output_dim(8);
  }
  if (experiment->has_classification()) {
    ClassificationSpec& classification = *experiment->mutable_classification();
    classification.set_num_classes(kBatch);
    if (experiment->optimizer().layer_decay() < 1) {  // fine-tuning
      classification.set_encoder(WriteTeacher(encoder.channels(), 16, 2, 2));
    }
  }
  if (!experiment->has_mae()) return;
  MaeSpec& mae = *experiment->mutable_mae();
  mae.mutable_decoder()->set_embed_dim(16);
  mae.mutable_decoder()->set_depth(1);
  mae.mutable_decoder()->set_num_heads(2);
  if (!mae.teacher().has_frozen()) return;
  FrozenTeacherSpec& teacher = *mae.mutable_teacher()->mutable_frozen();
  // Its margin of three patches is that of 224 pixels around 128.
  teacher.set_encoder(WriteTeacher(encoder.channels(), 28, 2, 3));
  teacher.clear_image_size();
  for (AuxiliaryLossSpec& term : *experiment->mutable_auxiliary()) {
    if (term.has_distillation()) {
      term.mutable_distillation()->set_student_block(1);
      term.mutable_distillation()->set_teacher_block(-1);
    }
    if (term.has_layer_alignment()) {
      term.mutable_layer_alignment()->set_teacher_blocks(2);
    }
  }
}

// Augmented views of noise that has the size of the spec's images, each of a
// class of its own.
DeviceBatch NoiseBatch(const Experiment& experiment, int image_size) {
  const auto dataset = std::make_shared<NoiseDataset>(
      kBatch, experiment.encoder().channels(), image_size);
  data::LoaderOptions options;
  options.batch_size = kBatch;
  options.image_size = experiment.encoder().image_size();
  options.workers = 0;
  options.views = data::ViewsOf(experiment.data());
  auto loader = data::Loader::Create(dataset, options);
  EXPECT_TRUE(loader.ok()) << loader.status();
  const auto batch = (*loader)->Next();
  EXPECT_TRUE(batch.ok()) << batch.status();
  DeviceBatch on_device = ToDevice(*batch, dataset->info(), at::kCPU);
  on_device.labels = at::arange(kBatch, at::kLong);
  return on_device;
}

// A tenth of the run, where every warm-up is over and every window open.
constexpr RunLength kRun{/*steps_per_epoch=*/1, /*total_steps=*/700, kBatch};
constexpr int64_t kStep = 70;

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

NamedTensors Trained(const torch::nn::Module& method,
                     const torch::nn::Module& terms) {
  NamedTensors parameters;
  for (const torch::nn::Module* module : {&method, &terms}) {
    for (const auto& item : module->named_parameters()) {
      if (item.value().requires_grad()) {
        parameters.emplace_back(item.key(), item.value());
      }
    }
  }
  return parameters;
}

void TrainOneStep(const Experiment& experiment, int image_size) {
  auto plan = ExperimentPlan::Make(experiment);
  ASSERT_TRUE(plan.ok()) << plan.status();
  Objective objective = plan->BuildObjective();
  const auto method = plan->BuildMethod();
  ASSERT_TRUE(method.ok()) << method.status();
  (*method)->train();
  const DeviceBatch batch = NoiseBatch(experiment, image_size);
  const base::Streams streams{experiment.seed(), kStep};

  const TotalLoss loss =
      objective.Combine((*method)->Step(batch, streams), kStep, kRun, false);
  int observed = experiment.regularizer().observe_only() ? 1 : 0;
  for (const AuxiliaryLossSpec& term : experiment.auxiliary()) {
    if (term.observe_only()) ++observed;
  }
  for (const Term& term : loss.terms) {
    if (!(term.weight > 0)) --observed;
  }
  EXPECT_EQ(observed, 0);
  loss.total.backward();
  const NamedTensors parameters = Trained(**method, objective.module());
  for (const auto& [name, parameter] : parameters) {
    if (experiment.mae().decoder().kind() == "NONE" &&
        !objective.request().latent &&
        absl::StartsWith(name, "encoder.norm.")) {
      // Blocks are aligned before it.
      EXPECT_FALSE(parameter.grad().defined()) << name;
      continue;
    }
    ASSERT_TRUE(parameter.grad().defined()) << name;
    EXPECT_TRUE(at::isfinite(parameter.grad()).all().item<bool>()) << name;
    // The gradient of a bias before BatchNorm is 0.
    if (parameter.dim() > 1) {
      EXPECT_GT(parameter.grad().abs().max().item<float>(), 0) << name;
    }
    parameter.mutable_grad() = at::Tensor();
  }

  NamedTensors before;
  for (const auto& [name, parameter] : parameters) {
    before.emplace_back(name, parameter.detach().clone());
  }
  Learner learner(experiment, *method, std::move(objective), kRun);
  const auto stepped = TrainStep(learner, batch, streams, kStep, false);
  ASSERT_TRUE(stepped.ok()) << stepped.status();
  EXPECT_TRUE(std::isfinite(stepped->loss.total.item<double>()));
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].second.dim() > 1) {
      EXPECT_FALSE(parameters[i].second.equal(before[i].second))
          << parameters[i].first;
    }
  }
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class EverySpec : public testing::TestWithParam<std::string> {};

TEST_P(EverySpec, LoadsAndTrainsAStepAtTinySize) {
  auto experiment = LoadSpec(GetParam());
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  const int image_size = experiment->encoder().image_size();
  Shrink(&*experiment);
  TrainOneStep(*experiment, image_size);
}

TEST_P(EverySpec, OpensWithItsCommandAndHardware) {
  const auto file = FindSpec(GetParam());
  ASSERT_TRUE(file.ok()) << file.status();
  const std::string text = Read(file->path);
  const std::string header = text.substr(0, text.find("# proto-file"));
  EXPECT_THAT(header, HasSubstr("--spec=" + GetParam()));
  EXPECT_THAT(header, HasSubstr("Hardware: "));
}

// "imagenet/mae" -> "imagenet_mae", as gtest wants it.
std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (c == '/') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Folder, EverySpec, testing::ValuesIn(SpecNames()),
                         TestName);

struct DistillationRow {
  const char* name;
  double mask_ratio;
  DistillationSpec::Projection projection;
  bool normalize;
  bool norm_pix_loss;  // of the report's code, and not of the paper's
};

TEST(Specs, DmaeIsThePaperAndTheReport) {
  constexpr auto kLinear = DistillationSpec::LINEAR;
  constexpr auto kMlp = DistillationSpec::LINEAR_GELU_LINEAR;
  constexpr DistillationRow kRows[] = {
      {"imagenet/dmae", 0.75, kLinear, true, false},
      {"imagenet/dmae_mask_95", 0.95, kLinear, true, false},
      {"imagenet/dmae_mask_98", 0.98, kLinear, true, false},
      {"tiny_imagenet_report/dmae", 0.75, kMlp, false, true},
      {"tiny_imagenet_report/dmae_mask_90", 0.9, kMlp, false, true},
  };
  for (const DistillationRow& row : kRows) {
    SCOPED_TRACE(row.name);
    const auto spec = LoadSpec(row.name);
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_EQ(spec->mae().mask_ratio(), row.mask_ratio);
    EXPECT_EQ(spec->mae().norm_pix_loss(), row.norm_pix_loss);
    EXPECT_EQ(spec->mae().teacher().input(), TeacherSpec::VISIBLE);
    ASSERT_EQ(spec->auxiliary_size(), 1);
    const DistillationSpec& term = spec->auxiliary(0).distillation();
    EXPECT_EQ(term.student_block(), 8);
    EXPECT_EQ(term.teacher_block(), 17);
    EXPECT_EQ(term.projection(), row.projection);
    EXPECT_EQ(term.distance(), DistillationSpec::L1);
    EXPECT_EQ(term.normalize(), row.normalize);
    const bool report = spec->data().dataset() == "tiny_imagenet";
    EXPECT_EQ(spec->train().epochs(), report ? 500 : 100);
    EXPECT_EQ(spec->train().batch_size(), report ? 128 : 4096);
    EXPECT_EQ(spec->mae().teacher().frozen().image_size(), report ? 128 : 0);
  }
}

TEST(Specs, TheDocumentListsThemAll) {
  std::ifstream file("docs/specs.md");
  std::vector<std::string> listed;
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "| `")) continue;
    const std::string name = line.substr(3, line.find('`', 3) - 3);
    if (absl::StrContains(name, "/")) listed.push_back(name);
  }
  // Whoever tries a part of their own need not list it.
  EXPECT_THAT(SpecNames(), testing::IsSupersetOf(listed));
  for (const std::string& name : SpecNames()) {
    const auto spec = LoadSpec(name);
    ASSERT_TRUE(spec.ok()) << spec.status();
    if (absl::StrContains(spec->DebugString(), "custom {")) continue;
    EXPECT_THAT(listed, testing::Contains(name));
  }
}

}  // namespace
}  // namespace caldera::ssl
