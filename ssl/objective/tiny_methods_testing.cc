#include "ssl/objective/tiny_methods_testing.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <glog/logging.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "base/part.h"
#include "base/spec_fields.h"
#include "data/augment/views.h"
#include "ssl/objective/experiment_plan.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

constexpr char kTiny[] = R"(
  encoder {
    image_size: 8 patch_size: 2 channels: 1 embed_dim: 16 depth: 2 num_heads: 2
  }
  train { steps: 10 batch_size: 16 }
)";

constexpr char kDecoder[] = "decoder { embed_dim: 16 depth: 1 num_heads: 2 }";

template <typename T>
T CheckOk(absl::StatusOr<T> value) {
  CHECK(value.ok()) << value.status();
  return *std::move(value);
}

}  // namespace

Experiment TinyExperiment(const std::string& text) {
  Experiment experiment;
  // Later text overrides earlier text.
  for (const std::string& part : {std::string(kTiny), text}) {
    CHECK(google::protobuf::TextFormat::Parser().MergeFromString(
        base::WithFullNames(part, *Experiment::descriptor()), &experiment));
  }
  return experiment;
}

Experiment TinyMae() {
  return TinyExperiment(std::string("mae { ") + kDecoder + " }");
}

std::string TinyTeacher() {
  static const std::string path = [] {
    vit::Encoder encoder(TinyMae().encoder());
    vit::InitializeVit(encoder, /*seed=*/77);
    std::string file = testing::TempDir() + "/tiny_teacher.safetensors";
    // Forked processes may write it at the same time.
    const std::string own = file + "." + std::to_string(getpid());
    const absl::Status saved = vit::SaveEncoder(own, encoder, {});
    CHECK(saved.ok()) << saved;
    std::filesystem::rename(own, file);
    return file;
  }();
  return path;
}

namespace {

std::map<std::string, Experiment> OurTinyMethods() {
  const auto mae = [](const std::string& parts, const std::string& rest = "") {
    return TinyExperiment("mae { " + parts + kDecoder + " } " + rest);
  };
  const std::string two = "data { view { count: 2 } } ";
  const std::string magma = "regularizer { magma {} } ";
  const std::string uniformity =
      "auxiliary { uniformity {} weight { constant: 0.5 } } ";
  const std::string frozen =
      "teacher { frozen { encoder: '" + TinyTeacher() + "' } } ";
  const std::string simclr =
      "simclr { projector { hidden_dim: 12 output_dim: 6 } } " + two;
  const std::string spectrum =
      "norm_pix_loss: false loss { frequency {} } decoder { kind: LINEAR } ";
  const std::string classification = "classification { num_classes: 10 } ";
  const std::string vicreg = "vicreg { projector { hidden_dim: 12 } } " + two;
  return {
      {"mae", TinyMae()},
      {"mu_mae", mae("", magma + uniformity)},
      {"mae_block", mae("masking { block {} } loss { l1 {} } ")},
      {"mae_complement", mae("masking { complement {} } ", magma)},
      {"mae_ema_features",
       mae("teacher { ema { momentum { constant: 0.9 } } input: WHOLE } "
           "target { teacher_features { block: 1 } } "
           "loss { cosine {} } masking { complement {} } ")},
      {"mae_coding_rate",
       mae("", "auxiliary { coding_rate {} weight { constant: 0.5 } } ")},
      // The gradient is a derivative only if the neighbours are not detached.
      {"mae_ldreg", mae("", magma + "auxiliary { ldreg { neighbors: 5 "
                                    "detach_neighbors: false } "
                                    "weight { constant: 0.05 } } ")},
      {"mae_color", mae("masking { color {} } ")},
      {"emae", mae("masking { partition {} } ",
                   magma + "auxiliary { consistency {} } ")},
      {"cluster_mim", mae("target { clusters { num_clusters: 5 } } "
                          "loss { cross_entropy {} } ")},
      {"mr_mae", mae("teacher { frozen { encoder: '" + TinyTeacher() +
                         "' } input: WHOLE } masking { complement {} } ",
                     magma + "auxiliary { mimic {} } ")},
      {"dmjd", mae("masking { disjoint_block {} } mask_ratio: 0.625 "
                   "target { hog { cell: 2 } } ",
                   magma + "auxiliary { visible_target {} } ")},
      {"lut",
       mae("masking { complement {} } "
           "teacher { ema { momentum { constant: 0.9 } } input: WHOLE } ",
           magma + "auxiliary { broad_context { hidden_dim: 12 "
                   "output_dim: 6 } weight { constant: 0.25 } } ")},
      {"cae", mae("masking { block {} } mask_ratio: 0.5 "
                  "target { clusters { num_clusters: 5 } } "
                  "loss { cross_entropy {} } teacher { input: MASKED "
                  "ema { momentum { constant: 0 } } } "
                  "decoder { kind: REGRESSOR regressor_depth: 1 } ",
                  magma + "auxiliary { latent_alignment {} "
                          "weight { constant: 2 } } ")},
      // Uniformity reads the final norm, which the alignment does not.
      {"mask_align",
       mae("masking { scored {} } mask_ratio: 0.7 "
           "scorer { teacher_attention {} } teacher { frozen { encoder: '" +
               TinyTeacher() + "' } input: WHOLE } decoder { kind: NONE } ",
           magma + uniformity +
               "auxiliary { layer_alignment { teacher_blocks: 2 } } ")},
      {"hpm",
       mae("masking { hard { hard_share { constant: 0.4 } } } "
           "scorer { loss_predictor { momentum { constant: 0.9 } } } "
           "teacher { ema { momentum { constant: 0.9 } } input: WHOLE } ",
           magma)},
      {"mp3", mae("encoder_input: CONTEXT target { positions {} } "
                  "loss { cross_entropy {} reduction: ALL } "
                  "decoder { kind: LINEAR } ",
                  "encoder { position_embedding: NONE } " + magma)},
      {"gmml", mae("corruption { patch_groups {} } loss { l1 {} } "
                   "decoder { kind: LINEAR } ",
                   magma)},
      {"gmml_aliens", mae("corruption { patch_groups { fill: ALIEN } } ")},
      {"gmml_transformer", mae("corruption { patch_groups { fill: NOISE } } ",
                               "encoder { drop_path: 0.3 }")},
      {"mfm",
       mae(spectrum + "corruption { frequency_mask { radius: 0.3 } } ", magma)},
      {"mfm_clipped",
       mae(spectrum + "corruption { frequency_mask { radius: 0.3 clip: true } "
                      "} ")},
      {"mfm_sr", mae(spectrum + "corruption { downsample { factor: 2 } } ")},
      {"mfm_deblur", mae(spectrum + "corruption { blur { sigma: 1 } } ")},
      {"mfm_denoise", mae(spectrum + "corruption { noise {} } ")},
      {"crop_mae", mae("decoder { kind: SELF_CROSS_ATTENTION } ", two + magma)},
      {"crop_mae_masks",
       mae("decoder { kind: SELF_CROSS_ATTENTION masked_only: false } masking "
           "{ complement {} } ",
           two + "encoder { drop_path: 0.3 }")},
      {"crate_mae",
       mae("decoder { kind: CRATE } ",
           "encoder { block: CRATE crate { sparsity: 0.5 } } " + magma)},
      {"m_dmae",
       mae(frozen, magma + "auxiliary { distillation { student_block: 1 "
                           "projection: LINEAR_GELU_LINEAR } } ")},
      {"classification", TinyExperiment(classification)},
      {"classification_mixed",
       TinyExperiment("classification { num_classes: 10 pooling: CLS mixup {} "
                      "encoder: '" +
                      TinyTeacher() + "' } encoder { drop_path: 0.3 }" +
                      magma)},
      {"simclr", TinyExperiment(simclr)},
      {"m_simclr", TinyExperiment(simclr + magma)},
      {"simclr_ldreg",
       TinyExperiment(simclr +
                      "auxiliary { ldreg { neighbors: 5 both_views: true "
                      "detach_neighbors: false } weight { constant: 0.05 } }")},
      {"vicreg", TinyExperiment(vicreg)},
      {"m_vicreg", TinyExperiment(vicreg + magma)},
  };
}

}  // namespace

std::map<std::string, Experiment> TinyMethods() {
  std::map<std::string, Experiment> methods = OurTinyMethods();
  for (const base::PartDoc& part : base::RegisteredParts()) {
    const std::string& example = part.info.example;
    if (example.empty()) continue;
    const Experiment alone = TinyExperiment(example);
    const bool is_method = alone.method_case() != Experiment::kMae &&
                           alone.method_case() != Experiment::METHOD_NOT_SET;
    methods[part.info.name] = is_method
                                  ? alone
                                  : TinyExperiment(std::string("mae { ") +
                                                   kDecoder + " } " + example);
  }
  return methods;
}

std::vector<std::string> TinyMethodNames() {
  std::vector<std::string> names;
  for (const auto& [name, unused] : TinyMethods()) names.push_back(name);
  return names;
}

TinyModel::TinyModel(const Experiment& experiment,
                     const magma::Exchange& exchange)
    : TinyModel(CheckOk(ExperimentPlan::Make(experiment)), exchange) {}

TinyModel::TinyModel(ExperimentPlan plan, const magma::Exchange& exchange)
    : objective(plan.BuildObjective(exchange)),
      method(CheckOk(plan.BuildMethod())) {
  method->to(at::kDouble);
  objective.module().to(at::kDouble);
}

at::Tensor TinyModel::Total(const StepOutput& output) const {
  return objective.Combine(output, 0, RunLength{}, false).total;
}

std::map<std::string, at::Tensor> TinyModel::Parameters() const {
  std::map<std::string, at::Tensor> parameters;
  const torch::nn::Module* modules[] = {method.get(), &objective.module()};
  for (const torch::nn::Module* module : modules) {
    for (const auto& item : module->named_parameters()) {
      if (item.value().requires_grad()) parameters[item.key()] = item.value();
    }
  }
  return parameters;
}

DeviceBatch TinyBatch(const Experiment& experiment, int64_t b) {
  DeviceBatch batch;
  const int views = static_cast<int>(data::ViewsOf(experiment.data()).size());
  for (int v = 0; v < views; ++v) {
    batch.views.push_back(at::randn({b, 1, 8, 8}, at::kDouble));
  }
  batch.index = at::arange(b, at::kLong);
  batch.labels = batch.index.remainder(10);
  batch.pixels = {{-1.5}, {1.5}};
  return batch;
}

}  // namespace caldera::ssl
