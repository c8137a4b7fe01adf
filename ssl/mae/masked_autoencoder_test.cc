#include "ssl/mae/masked_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "base/random_stream.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/targets/parts/pixels.h"
#include "vit/model/patch_embedding.h"

namespace caldera::ssl {
namespace {

// Runs the forward pass under a given mask.
StepOutput ForwardWithMask(Method& method, const at::Tensor& images,
                           const Mask& mask) {
  DeviceBatch batch;
  batch.views = {images};
  batch.draws.emplace().mask.mask = mask;
  return method.Forward(batch, {});
}

TEST(MaskedAutoencoder, StateHasTheOfficialNames) {
  const TinyModel model(TinyMae());
  std::set<std::string> names;
  for (const auto& [name, unused] : model.method->NamedState()) {
    names.insert(name);
  }
  for (const char* name :
       {"cls_token", "mask_token", "pos_embed", "decoder_pos_embed",
        "patch_embed.proj.weight", "blocks.1.attn.qkv.bias",
        "blocks.0.mlp.fc2.weight", "norm.weight", "decoder_embed.weight",
        "decoder_blocks.0.norm2.bias", "decoder_norm.bias",
        "decoder_pred.weight"}) {
    EXPECT_EQ(names.count(name), 1) << name;
  }
  // Three blocks have 12 tensors each; tokens and positions have 4, the
  // projections in and out 4, the norms 2 + 2, decoder_embed 2.
  EXPECT_EQ(names.size(), 3 * 12 + 4 + 4 + 4 + 2);
}

TEST(MaskedAutoencoder, ContextHoldsWhatWasAskedFor) {
  const Experiment plain = TinyMae(), asking = TinyMethods().at("mu_mae");
  const DeviceBatch batch = TinyBatch(plain, 6);
  const TinyModel model(asking), other(plain);
  const StepOutput out = model.method->Step(batch, {0, 0});
  EXPECT_EQ(out.context.latent.sizes(), (at::IntArrayRef{6, 5, 16}));
  EXPECT_EQ(out.context.prediction.sizes(), (at::IntArrayRef{6, 12, 4}));
  EXPECT_EQ(out.context.patch_loss.sizes(), (at::IntArrayRef{6, 12}));
  ASSERT_EQ(out.context.taps.size(), 2);
  EXPECT_EQ(out.context.taps.at(1).sizes(), (at::IntArrayRef{6, 16}));
  const StepOutput none = other.method->Step(batch, {0, 0});
  EXPECT_TRUE(none.context.taps.empty());
  EXPECT_TRUE(none.terms[0].value.equal(out.terms[0].value));
}

// The decoder that leaves out visible patches has the same loss and gradients
// as the one that predicts all patches.
TEST(MaskedAutoencoder, PredictingRemovedPatchesOnlyChangesNothing) {
  Experiment all = TinyMae();
  all.mutable_mae()->mutable_decoder()->set_masked_only(false);
  const DeviceBatch batch = TinyBatch(all, 6);
  const TinyModel masked(TinyMae()), whole(all);
  const at::Tensor a = masked.Total(masked.method->Step(batch, {0, 0}));
  const at::Tensor b = whole.Total(whole.method->Step(batch, {0, 0}));
  EXPECT_NEAR(a.item<double>(), b.item<double>(), 1e-12);
  a.backward();
  b.backward();
  const auto expected = whole.Parameters();
  for (const auto& [name, value] : masked.Parameters()) {
    EXPECT_TRUE(
        at::allclose(value.grad(), expected.at(name).grad(), 1e-9, 1e-12))
        << name;
  }
}

TEST(MaskedAutoencoder, DropPathActsAndRepeats) {
  Experiment experiment = TinyMae();
  const DeviceBatch batch = TinyBatch(experiment, 4);
  const auto loss = [&](double rate) {
    experiment.mutable_encoder()->set_drop_path(rate);
    TinyModel model(experiment);
    return model.Total(model.method->Step(batch, {0, 0}));
  };
  EXPECT_TRUE(loss(0.9).equal(loss(0.9)));
  EXPECT_FALSE(loss(0.9).equal(loss(0)));
}

// The loss counts the removed patches, the visible ones, or all of them.
TEST(MaskedAutoencoder, ReductionsAddUp) {
  double value[3];
  const DeviceBatch batch = TinyBatch(TinyMae(), 6);
  for (const auto reduction :
       {ReconstructionLossSpec::MASKED, ReconstructionLossSpec::VISIBLE,
        ReconstructionLossSpec::ALL}) {
    Experiment experiment = TinyMae();
    experiment.mutable_mae()->mutable_decoder()->set_masked_only(false);
    experiment.mutable_mae()->mutable_loss()->set_reduction(reduction);
    const TinyModel model(experiment);
    value[reduction] =
        model.method->Step(batch, {0, 0}).terms[0].value.item<double>();
  }
  EXPECT_NEAR(value[ReconstructionLossSpec::ALL],
              0.75 * value[ReconstructionLossSpec::MASKED] +
                  0.25 * value[ReconstructionLossSpec::VISIBLE],
              1e-12);
}

// K masks of an image count as K images.
TEST(MaskedAutoencoder, MasksOfAnImageAreRowsOfTheBatch) {
  Experiment experiment = TinyMae();
  experiment.mutable_mae()->mutable_masking()->mutable_complement();
  const TinyModel folded(experiment), plain(TinyMae());
  const DeviceBatch batch = TinyBatch(experiment, 4);
  const StepOutput out = folded.method->Step(batch, {0, 0});
  EXPECT_EQ(out.context.latent.size(0), 8);
  // The embedding is that of the first mask.
  const at::Tensor first = out.context.latent.slice(0, 0, 8, 2);
  EXPECT_TRUE(out.embedding.equal(first.slice(1, 1).mean(1)));
  experiment.mutable_eval()->set_feature("CLS");
  EXPECT_TRUE(TinyModel(experiment)
                  .method->Step(batch, {0, 0})
                  .embedding.equal(first.select(1, 0)));
  double sum = 0;
  for (int k = 0; k < 2; ++k) {
    const auto rows = [&](const at::Tensor& x) { return x.slice(0, k, 8, 2); };
    const Mask& mask = out.context.mask;
    const StepOutput one =
        ForwardWithMask(*plain.method, batch.views[0],
                        {rows(mask.ids_keep), rows(mask.ids_remove),
                         rows(mask.ids_restore), rows(mask.mask)});
    EXPECT_TRUE(at::allclose(one.context.latent, rows(out.context.latent)));
    sum += one.terms[0].value.item<double>();
  }
  EXPECT_NEAR(out.terms[0].value.item<double>(), sum / 2, 1e-12);
}

TEST(MaskedAutoencoder, TheMaskRatioFollowsItsSchedule) {
  Experiment experiment = TinyMae();
  RampSpec& ramp = *experiment.mutable_mae()
                        ->mutable_mask_ratio_schedule()
                        ->mutable_linear_ramp();
  ramp.set_from(0.25);
  ramp.set_to(0.75);
  const TinyModel model(experiment);
  const DeviceBatch batch = TinyBatch(experiment, 2);
  for (const auto& [step, kept] :
       std::map<int64_t, int64_t>{{0, 12}, {50, 8}, {100, 4}}) {
    model.method->BeforeStep({step, {10, 100, 2}});
    EXPECT_EQ(model.method->Step(batch, {0, 0}).context.latent.size(1),
              1 + kept);
  }
}

// If the patches come in another order, so do the predictions: the model is
// not given their positions.
TEST(Mp3, PermutedPatchesArePermutedPredictions) {
  const Experiment experiment = TinyMethods().at("mp3");
  const TinyModel model(experiment);
  const at::Tensor patches =
      vit::Patchify(TinyBatch(experiment, 2).views[0], 2);  // [2, 16, 4]
  // Patch order[j] moves to place j.
  const at::Tensor order = at::arange(15, -1, -1, at::kLong);
  const at::Tensor keep = at::tensor({3, 5, 6, 10, 0, 1, 2, 15}, at::kLong);
  const auto predict = [&](const at::Tensor& of, const at::Tensor& context) {
    Mask mask;
    mask.ids_keep = context.view({2, 4});
    mask.mask = at::ones({2, 16});
    const StepOutput out =
        ForwardWithMask(*model.method, vit::Unpatchify(of, 2, 1), mask);
    EXPECT_EQ(out.context.latent.sizes(), (at::IntArrayRef{2, 17, 16}));
    return out.context.prediction;  // [2, 16, 16]
  };
  const at::Tensor straight = predict(patches, keep);
  const at::Tensor turned = predict(patches.index_select(1, order), 15 - keep);
  EXPECT_TRUE(turned.allclose(straight.index_select(1, order), 0, 1e-12));
  EXPECT_FALSE(turned.allclose(straight, 0, 1e-3));
}

// Guessing among 16 places costs log 16.
TEST(Mp3, BeginsNearChance) {
  const Experiment experiment = TinyMethods().at("mp3");
  const TinyModel model(experiment);
  const StepOutput out = model.method->Step(TinyBatch(experiment, 8), {0, 0});
  EXPECT_NEAR(out.terms[0].value.item<double>(), std::log(16), 0.8);
}

// Each image has the same weight, however many of its patches are replaced.
TEST(Corruption, TheLossIsTheMeanOverImages) {
  const Experiment experiment = TinyMethods().at("gmml");
  const TinyModel model(experiment);
  const DeviceBatch batch =
      model.method->Prepare(TinyBatch(experiment, 6), {0, 0});
  const StepOutput out = model.method->Forward(batch, {0, 0});
  const at::Tensor& mask = out.context.mask.mask;  // [6, 16]
  EXPECT_GT((mask.sum(1).max() - mask.sum(1).min()).item<double>(), 0);
  const at::Tensor target = PatchPixels(batch.views[0], 2, true);
  double sum = 0;
  for (int64_t b = 0; b < 6; ++b) {
    double image = 0;
    for (int64_t n = 0; n < 16; ++n) {
      if (mask[b][n].item<float>() == 0) continue;
      image += (out.context.prediction[b][n] - target[b][n])
                   .abs()
                   .mean()
                   .item<double>();
    }
    sum += image / mask[b].sum().item<double>();
  }
  EXPECT_NEAR(out.terms[0].value.item<double>(), sum / 6, 1e-12);
}

// The encoder reads the corrupted image; the target is the original one.
TEST(Corruption, TheEncoderSeesTheSpoiltImages) {
  for (const char* name : {"gmml", "mfm", "mfm_sr", "mfm_deblur"}) {
    SCOPED_TRACE(name);
    const Experiment experiment = TinyMethods().at(name);
    const TinyModel model(experiment);
    const DeviceBatch batch =
        model.method->Prepare(TinyBatch(experiment, 4), {0, 0});
    const StepOutput out = model.method->Forward(batch, {0, 0});
    EXPECT_TRUE(out.context.latent.equal(
        model.method->encoder().forward(batch.corrupted.images).tokens));
    EXPECT_EQ(out.context.latent.size(1), 17);
  }
}

// The decoder reads the first view, and the target is the second.
TEST(CropMae, TheSecondViewIsPredictedFromTheFirst) {
  const Experiment experiment = TinyMethods().at("crop_mae");
  const TinyModel model(experiment);
  const DeviceBatch batch = TinyBatch(experiment, 4);
  const auto step = [&](int changed) {
    DeviceBatch other = batch;
    if (changed >= 0) other.views[changed] = -batch.views[changed];
    return model.method->Step(other, {0, 0});
  };
  const StepOutput out = step(-1), first = step(0), second = step(1);
  EXPECT_EQ(out.context.prediction.sizes(), (at::IntArrayRef{4, 12, 4}));
  EXPECT_FALSE(
      first.context.prediction.allclose(out.context.prediction, 0, 1e-3));
  EXPECT_FALSE(
      second.context.prediction.allclose(out.context.prediction, 0, 1e-3));
  // The embedding and the terms read all patches of the first view.
  EXPECT_TRUE(out.context.latent.equal(
      model.method->encoder().forward(batch.views[0]).tokens));
  EXPECT_TRUE(second.context.latent.equal(out.context.latent));
  EXPECT_TRUE(out.embedding.equal(out.context.latent.slice(1, 1).mean(1)));
  const at::Tensor target =
      PatchPixels(batch.views[1], 2, true)
          .gather(
              1, out.context.mask.ids_remove.unsqueeze(-1).expand({-1, -1, 4}));
  EXPECT_NEAR(out.terms[0].value.item<double>(),
              (out.context.prediction - target).square().mean().item<double>(),
              1e-12);
}

// A student that equals its teacher, without a projection, has nothing to learn
// from it; and the teacher reads only the student's patches.
TEST(Dmae, ACopyOfTheTeacherHasNoDistillationLoss) {
  Experiment experiment = TinyMethods().at("m_dmae");
  experiment.set_seed(77);  // the teacher's
  DistillationSpec& distillation =
      *experiment.mutable_auxiliary(0)->mutable_distillation();
  distillation.set_projection(DistillationSpec::NONE);
  distillation.set_teacher_block(1);
  const DeviceBatch batch = TinyBatch(experiment, 3);
  for (const auto distance :
       {DistillationSpec::L1, DistillationSpec::SMOOTH_L1}) {
    for (const bool normalize : {false, true}) {
      distillation.set_distance(distance);
      distillation.set_normalize(normalize);
      const TinyModel model(experiment);
      const StepOutput out = model.method->Step(batch, {0, 0});
      EXPECT_EQ(out.context.teacher_taps.at(1).sizes(),
                (at::IntArrayRef{3, 5, 16}));
      const TotalLoss loss =
          model.objective.Combine(out, 0, RunLength{}, false);
      EXPECT_EQ(loss.terms[2].name, "distillation");
      EXPECT_EQ(loss.terms[2].value.item<double>(), 0);
    }
  }
}

// A step updates the teacher, and the state contains it.
TEST(EmaFeatures, TheTeacherFollowsAfterEachStep) {
  const Experiment experiment = TinyMethods().at("mae_ema_features");
  const TinyModel model(experiment);
  const auto state = model.method->NamedState();
  const at::Tensor before = state.at("teacher.norm.weight").clone();
  {
    const at::NoGradGuard no_grad;
    state.at("norm.weight").add_(1);
  }
  model.method->AfterOptimizerStep({0, {10, 100, 6}});
  EXPECT_TRUE(
      at::allclose(state.at("teacher.norm.weight"), before + 0.1, 0, 1e-12));
}

// A transformer predicts every patch, whatever training needs; a decoder that
// predicts only the masked patches leaves the others unchanged.
TEST(MaskedAutoencoder, ReconstructionsShowWhatTheDecoderPredicts) {
  Experiment experiment = TinyMethods().at("mae_complement");
  const DeviceBatch batch = TinyBatch(experiment, 6);
  const auto reconstruct = [&](const Experiment& changed) {
    const TinyModel model(changed);
    const at::NoGradGuard no_grad;
    return *model.method->Reconstruct(batch, {0, 0});
  };
  const auto changed = [&](const Reconstruction& reconstruction) {
    const at::Tensor change = reconstruction.images - batch.views[0];
    return vit::Patchify(change, 2).abs().amax(-1) > 0;  // [B, N]
  };
  const Reconstruction masked_only = reconstruct(experiment);
  EXPECT_EQ(masked_only.mask.sum().item<double>(), 6 * 12);
  EXPECT_TRUE(changed(masked_only).all().item<bool>());
  experiment.mutable_mae()->mutable_decoder()->set_masked_only(false);
  EXPECT_TRUE(
      reconstruct(experiment).images.allclose(masked_only.images, 0, 1e-12));

  experiment.mutable_mae()->mutable_decoder()->set_masked_only(true);
  experiment.mutable_mae()->mutable_decoder()->set_kind("CROSS_ATTENTION");
  const Reconstruction queries = reconstruct(experiment);
  EXPECT_TRUE(changed(queries).equal(queries.mask > 0));

  const Experiment features = TinyMethods().at("mae_ema_features");
  const TinyModel model(features);
  EXPECT_FALSE(
      model.method->Reconstruct(TinyBatch(features, 2), {0, 0}).has_value());
}

// The regressor's latents depend on visible patches alone: a change of masked
// patches changes the teacher's latents and no bit of the regressor's.
TEST(MaskedAutoencoder, PredictedLatentsDoNotSeeWhatIsMasked) {
  const Experiment experiment = TinyMethods().at("cae");
  const TinyModel model(experiment);
  DeviceBatch batch = TinyBatch(experiment, 3);
  const StepContext before = model.method->Step(batch, {0, 0}).context;
  ASSERT_EQ(before.decoder_latents.sizes(), (at::IntArrayRef{3, 8, 16}));
  ASSERT_EQ(before.teacher_tokens.sizes(), (at::IntArrayRef{3, 1 + 8, 16}));
  const at::Tensor hidden = before.mask.mask.view({3, 1, 4, 4})
                                .repeat_interleave(2, 2)
                                .repeat_interleave(2, 3);
  batch.views[0] = batch.views[0] + hidden;
  const StepContext after = model.method->Step(batch, {0, 0}).context;
  EXPECT_TRUE(before.decoder_latents.equal(after.decoder_latents));
  EXPECT_FALSE(before.teacher_tokens.equal(after.teacher_tokens));
  // The teacher's latents depend on masked patches alone.
  batch.views[0] = batch.views[0] + (1 - hidden);
  const StepContext other = model.method->Step(batch, {0, 0}).context;
  EXPECT_FALSE(after.decoder_latents.equal(other.decoder_latents));
  EXPECT_TRUE(after.teacher_tokens.equal(other.teacher_tokens));
}

// HPM whose scores choose no patch masks and reconstructs as MAE.
TEST(MaskedAutoencoder, ScoresWithoutAShareLeaveTheReconstructionAsItIs) {
  Experiment experiment = TinyMethods().at("hpm");
  experiment.mutable_mae()
      ->mutable_masking()
      ->mutable_hard()
      ->mutable_hard_share()
      ->set_constant(0);
  const DeviceBatch batch = TinyBatch(experiment, 4);
  const auto reconstruction = [&](const Experiment& spec) {
    const TinyModel model(spec);
    const StepOutput out = model.method->Step(batch, {0, 0});
    EXPECT_EQ(out.terms[0].name, "reconstruction");
    return out.terms[0].value;
  };
  const at::Tensor plain = reconstruction(TinyMae());
  EXPECT_TRUE(plain.equal(reconstruction(experiment)));
  experiment.mutable_mae()
      ->mutable_masking()
      ->mutable_hard()
      ->mutable_hard_share()
      ->set_constant(1);
  EXPECT_FALSE(plain.equal(reconstruction(experiment)));
}

}  // namespace
}  // namespace caldera::ssl
