// Compares the masked autoencoder and U-MAE's term with the official code's
// numbers, and twenty optimizer steps of four methods.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "magma/manifold_loss.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/mae/masked_autoencoder.h"
#include "ssl/masking/mask.h"
#include "ssl/methods/method.h"
#include "ssl/methods/method_plan.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/objective/objective.h"
#include "ssl/targets/parts/pixels.h"
#include "ssl/terms/parts/uniformity.h"
#include "ssl/train/step/train_step.h"
#include "tests/goldens/golden_files.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/encoder.h"
#include "vit/state_dict.h"

namespace caldera {
namespace {

vit::EncoderSpec EncoderOf(const GoldenFile& file) {
  vit::EncoderSpec spec;
  spec.set_image_size(file.Size("img"));
  spec.set_patch_size(file.Size("patch"));
  spec.set_channels(file.Size("chans"));
  spec.set_embed_dim(file.Size("dim"));
  spec.set_depth(file.Size("depth"));
  spec.set_num_heads(file.Size("heads"));
  return spec;
}

ssl::MaeSpec MaeOf(const GoldenFile& file, bool norm_pix_loss) {
  ssl::MaeSpec spec;
  spec.set_mask_ratio(file.Scalar("mask_ratio"));
  spec.set_norm_pix_loss(norm_pix_loss);
  spec.mutable_decoder()->set_embed_dim(file.Size("ddim"));
  spec.mutable_decoder()->set_depth(file.Size("ddepth"));
  spec.mutable_decoder()->set_num_heads(file.Size("dheads"));
  // The official class gives encoder and decoder the same MLP ratio.
  const double ratio =
      static_cast<double>(file["param.blocks.0.mlp.fc1.bias"].size(0)) /
      static_cast<double>(file.Size("dim"));
  spec.mutable_decoder()->set_mlp_ratio(ratio);
  return spec;
}

vit::StateDict ParametersOf(const GoldenFile& file) {
  vit::StateDict state;
  for (const auto& [name, tensor] : file.content().tensors) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, "param.")) {
      state[std::string(rest)] = tensor;
    }
  }
  return state;
}

std::shared_ptr<ssl::MaskedAutoencoder> ModelOf(const GoldenFile& file,
                                                bool norm_pix_loss,
                                                at::ScalarType type) {
  vit::EncoderSpec encoder = EncoderOf(file);
  const ssl::MaeSpec mae = MaeOf(file, norm_pix_loss);
  encoder.set_mlp_ratio(mae.decoder().mlp_ratio());
  ssl::ContextRequest request;
  for (int64_t k = 0; k < encoder.depth(); ++k) request.taps.insert(k);
  ssl::Experiment experiment;
  *experiment.mutable_encoder() = encoder;
  *experiment.mutable_mae() = mae;
  const auto plan = ssl::MethodPart::Create(experiment, experiment);
  EXPECT_TRUE(plan.ok()) << plan.status();
  const auto created = (*plan)->build(request, nullptr);
  EXPECT_TRUE(created.ok()) << created.status();
  const auto model = std::static_pointer_cast<ssl::MaskedAutoencoder>(*created);
  model->to(type);
  const absl::Status status =
      vit::CopyStateDict(ParametersOf(file), model->NamedState(), file.name());
  EXPECT_TRUE(status.ok()) << status;
  return model;
}

// Returns the masks that the official code draws from `noise`.
ssl::Mask MaskOf(const GoldenFile& file, const at::Tensor& noise) {
  return ssl::MaskFromNoise(
      noise, ssl::NumKept(noise.size(1), file.Scalar("mask_ratio")));
}

// Returns a batch whose mask is given.
ssl::DeviceBatch Masked(const at::Tensor& images, const ssl::Mask& mask) {
  ssl::DeviceBatch batch;
  batch.views = {images};
  batch.index = at::arange(images.size(0));
  batch.draws.emplace().mask.mask = mask;
  return batch;
}

TEST(UMaeGoldens, LossAndGradient) {
  for (const GoldenFile& file : GoldenFamily("umae_")) {
    SCOPED_TRACE(file.name());
    at::Tensor z = file["Z"].to(at::kDouble).requires_grad_();
    const at::Tensor loss = ssl::Uniformity(z);
    loss.backward();
    EXPECT_LT(RelativeError(loss, file["loss"]), 1e-12);
    EXPECT_LT(RelativeError(z.grad(), file["dZ"]), 1e-9);
    EXPECT_LT(
        RelativeError(ssl::Uniformity(file["Z"].to(at::kFloat)), file["loss"]),
        1e-5);
  }
}

struct Tolerances {
  at::ScalarType type;
  double loss, stored_f32, gradient;
};

void CheckForward(const GoldenFile& file, const Tolerances& tolerances) {
  const auto model = ModelOf(file, /*norm_pix_loss=*/true, tolerances.type);
  const at::Tensor images = file["imgs"].to(tolerances.type);
  const ssl::Mask mask = MaskOf(file, file["noise"]);
  EXPECT_TRUE(mask.mask.equal(file["mask"]));
  EXPECT_TRUE(mask.ids_restore.equal(file["ids_restore"]));
  EXPECT_LT(RelativeError(ssl::PatchPixels(images, file.Size("patch"), false),
                          file["target_patches"]),
            1e-7);

  const ssl::StepOutput out = model->Forward(Masked(images, mask), {});
  EXPECT_LT(RelativeError(out.context.latent, file["latent"]),
            tolerances.stored_f32);
  for (const auto& [block, mean] : out.context.taps) {
    EXPECT_LT(RelativeError(mean, file["mean_block." + std::to_string(block)]),
              tolerances.stored_f32);
  }
  // The decoder alone predicts all patches.
  vit::DecoderSpec all_patches = MaeOf(file, true).decoder();
  all_patches.set_masked_only(false);
  const auto decoder =
      vit::PlanDecoder(all_patches)
          .value()
          ->Build({file.Size("dim"), model->encoder().grid(),
                   file.Size("patch") * file.Size("patch") * file.Size("chans"),
                   /*class_token=*/true});
  decoder->to(tolerances.type);
  vit::StateDict own;
  for (const auto& [name, tensor] : vit::GetStateDict(*decoder)) {
    own[name] = model->NamedState().at(name);
  }
  ASSERT_TRUE(vit::LoadStateDict(*decoder, own, file.name()).ok());
  EXPECT_LT(
      RelativeError(
          decoder->Decode({out.context.latent, mask.ids_restore}).prediction,
          file["pred"]),
      tolerances.stored_f32);
}

void ExpectGradients(const GoldenFile& file, const std::string& loss,
                     ssl::MaskedAutoencoder& model, double tolerance) {
  int checked = 0;
  for (const auto& [name, expected] : file.content().tensors) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, loss + ".grad.")) continue;
    const at::Tensor parameter = model.NamedState().at(std::string(rest));
    EXPECT_LT(RelativeError(parameter.grad(), expected), tolerance) << name;
    ++checked;
  }
  EXPECT_GT(checked, 0) << loss;
}

void CheckLosses(const GoldenFile& file, const Tolerances& tolerances) {
  const at::Tensor images = file["imgs"].to(tolerances.type);
  for (const bool norm_pix : {true, false}) {
    const std::string name = norm_pix ? "norm_pix" : "raw_pix";
    const auto model = ModelOf(file, norm_pix, tolerances.type);
    const ssl::StepOutput out =
        model->Forward(Masked(images, MaskOf(file, file["noise"])), {});
    const at::Tensor loss = out.terms[0].value;
    EXPECT_LT(RelativeError(loss, file[name + ".loss"]), tolerances.loss);
    loss.backward();
    ExpectGradients(file, name, *model, tolerances.gradient);
  }
  const auto model = ModelOf(file, true, tolerances.type);
  const ssl::StepOutput out =
      model->Forward(Masked(images, MaskOf(file, file["noise"])), {});
  const int64_t last = file.Size("depth") - 1;
  const at::Tensor reconstruction = out.terms[0].value;
  const at::Tensor regularizer = magma::ManifoldLoss(
      out.context.taps.at(last - 1), out.context.taps.at(last), {});
  const at::Tensor uniformity =
      ssl::Uniformity(out.context.latent.select(1, 0));
  EXPECT_LT(RelativeError(regularizer, file["reg.loss"]), tolerances.loss);
  EXPECT_LT(RelativeError(uniformity, file["uniformity.loss"]),
            tolerances.loss);
  EXPECT_LT(RelativeError(reconstruction + regularizer, file["m_mae.loss"]),
            tolerances.loss);
  EXPECT_LT(
      RelativeError(reconstruction + 0.01 * uniformity, file["u_mae.loss"]),
      tolerances.loss);
  const at::Tensor total = reconstruction + regularizer + 0.01 * uniformity;
  EXPECT_LT(RelativeError(total, file["mu_mae.loss"]), tolerances.loss);
  total.backward();
  ExpectGradients(file, "mu_mae", *model, tolerances.gradient);
}

void CheckMaeFamily(const Tolerances& tolerances) {
  for (const GoldenFile& file : GoldenFamily("mae_tiny_")) {
    SCOPED_TRACE(file.name());
    CheckForward(file, tolerances);
    CheckLosses(file, tolerances);
  }
}

// Tensors stored in F32 limit the comparison in double to about 1e-7.
TEST(MaeGoldens, Double) { CheckMaeFamily({at::kDouble, 1e-9, 1e-6, 1e-6}); }

TEST(MaeGoldens, Float) { CheckMaeFamily({at::kFloat, 1e-5, 2e-5, 2e-4}); }

// Returns the experiment whose optimizer steps a trajectory records.
ssl::Experiment TrajectoryExperiment(const GoldenFile& file,
                                     const std::string& method) {
  ssl::Experiment experiment;
  *experiment.mutable_encoder() = EncoderOf(file);
  *experiment.mutable_mae() = MaeOf(file, true);
  experiment.mutable_encoder()->set_mlp_ratio(
      experiment.mae().decoder().mlp_ratio());
  // Terms that a method does not use are recorded as well.
  ssl::AuxiliaryLossSpec& regularizer = *experiment.mutable_regularizer();
  regularizer.mutable_magma();
  regularizer.set_observe_only(method != "m_mae" && method != "mu_mae");
  ssl::AuxiliaryLossSpec& uniformity = *experiment.add_auxiliary();
  uniformity.mutable_uniformity();
  uniformity.mutable_weight()->set_constant(0.01);
  uniformity.set_observe_only(method != "u_mae" && method != "mu_mae");
  return experiment;
}

double TermValue(const ssl::TotalLoss& loss, const std::string& name) {
  for (const ssl::Term& term : loss.terms) {
    if (term.name == name) return term.value.item<double>();
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

struct TrajectoryTolerances {
  at::ScalarType type;
  ssl::TrainSpec::Precision precision;
  double loss, final;
  int64_t steps = 1 << 20;  // at most; fewer leave `final` out
};

void CheckTrajectory(const GoldenFile& file, const std::string& method,
                     const TrajectoryTolerances& tolerances) {
  SCOPED_TRACE(file.name() + " " + method);
  const at::ScalarType type = tolerances.type;
  const auto model = ModelOf(file, true, type);
  const at::Tensor& lr = file["lr"];
  ssl::Experiment experiment = TrajectoryExperiment(file, method);
  experiment.mutable_train()->set_precision(tolerances.precision);
  experiment.mutable_train()->set_steps(1);
  auto plan = ssl::ExperimentPlan::Make(experiment);
  ASSERT_TRUE(plan.ok()) << plan.status();
  // This also sets the compute type of the model.
  ssl::Learner learner(experiment, model, plan->BuildObjective(),
                       {lr.size(0), lr.size(0), file.Size("batch")});
  learner.learning_rate = [&lr](int64_t step) {
    return lr[step].item<double>();
  };
  const at::Tensor& losses = file[method + ".losses"];
  const int64_t steps = std::min(tolerances.steps, lr.size(0));
  for (int64_t step = 0; step < steps; ++step) {
    const ssl::DeviceBatch batch =
        Masked(file["imgs"][step].to(type), MaskOf(file, file["noise"][step]));
    const auto result =
        ssl::TrainStep(learner, batch, {/*seed=*/0, /*step=*/0}, step,
                       /*with_diagnostics=*/false);
    ASSERT_TRUE(result.ok()) << result.status();
    const ssl::TotalLoss* loss = &result->loss;
    const double got[] = {
        loss->total.item<double>(), TermValue(*loss, "reconstruction"),
        TermValue(*loss, "magma"), TermValue(*loss, "uniformity")};
    for (int i = 0; i < 4; ++i) {
      const double expected = losses[step][i].item<double>();
      EXPECT_NEAR(got[i], expected, tolerances.loss * std::abs(expected))
          << "step " << step << " loss " << i;
    }
  }
  for (const auto& [name, expected] : file.content().tensors) {
    absl::string_view rest = name;
    if (steps < lr.size(0)) break;
    if (!absl::ConsumePrefix(&rest, method + ".final.")) continue;
    EXPECT_LT(
        RelativeError(model->NamedState().at(std::string(rest)), expected),
        tolerances.final)
        << name;
  }
}

TEST(TrajectoryGoldens, EveryMethod) {
  for (const GoldenFile& file : GoldenFamily("trajectory_")) {
    for (const char* method : {"mae", "m_mae", "u_mae", "mu_mae"}) {
      constexpr auto kFull = ssl::TrainSpec::FP32;
      CheckTrajectory(file, method, {at::kDouble, kFull, 1e-9, 1e-6});
      // In the types that ship, two steps test the forward pass and one
      // gradient and update. In later steps rounding errors grow with the
      // curvature, differently on each processor. A dozen sums of at most 64
      // products follow one another, in bfloat16 a dozen numbers of 8 bits.
      CheckTrajectory(
          file, method,
          {at::kFloat, kFull, 256 * std::numeric_limits<float>::epsilon(), 0,
           /*steps=*/2});
      CheckTrajectory(file, method,
                      {at::kFloat, ssl::TrainSpec::BF16, 0.02, 0, /*steps=*/2});
    }
  }
}

}  // namespace
}  // namespace caldera
