#include "ssl/methods/masked_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/random_stream.h"
#include "ssl/methods/tiny_mae_testing.h"
#include "ssl/train/objective.h"
#include "vit/patch_embedding.h"

namespace caldera::ssl {
namespace {

std::shared_ptr<MaskedAutoencoder> TinyModel(std::vector<int64_t> taps) {
  const Experiment experiment = TinyMae();
  auto model = std::make_shared<MaskedAutoencoder>(
      experiment.mae(), experiment.encoder(), std::move(taps), /*seed=*/1);
  model->to(at::kDouble);
  return model;
}

DeviceBatch TinyBatch() {
  return {{at::randn({6, 1, 8, 8}, at::kDouble)}, {}, at::arange(6, at::kLong)};
}

TEST(MaskedAutoencoder, StateHasTheOfficialNames) {
  const auto model = TinyModel({});
  std::set<std::string> names;
  for (const auto& [name, unused] : model->NamedState()) names.insert(name);
  for (const char* name :
       {"cls_token", "mask_token", "pos_embed", "decoder_pos_embed",
        "patch_embed.proj.weight", "blocks.1.attn.qkv.bias",
        "blocks.0.mlp.fc2.weight", "norm.weight", "decoder_embed.weight",
        "decoder_blocks.0.norm2.bias", "decoder_norm.bias",
        "decoder_pred.weight"}) {
    EXPECT_EQ(names.count(name), 1) << name;
  }
  // 12 a block in 3 blocks, 4 of tokens and positions, 4 of projections in and
  // out, 2 + 2 norms, 2 of decoder_embed.
  EXPECT_EQ(names.size(), 3 * 12 + 4 + 4 + 4 + 2);
}

TEST(MaskedAutoencoder, TheSameSeedAndStreamsGiveTheSameLoss) {
  const DeviceBatch batch = TinyBatch();
  const data::Streams streams{3, 5};
  const at::Tensor a = TinyModel({})->Step(batch, streams).terms[0].value;
  const at::Tensor b = TinyModel({})->Step(batch, streams).terms[0].value;
  EXPECT_TRUE(a.equal(b));
  const at::Tensor later = TinyModel({})->Step(batch, {3, 6}).terms[0].value;
  EXPECT_FALSE(a.equal(later));
}

TEST(MaskedAutoencoder, PooledTapsAreMeansOfTheVisibleTokens) {
  const DeviceBatch batch = TinyBatch();
  const StepOutput out = TinyModel({0, 1})->Step(batch, {0, 0});
  EXPECT_EQ(out.context.latent.sizes(), (at::IntArrayRef{6, 5, 16}));
  ASSERT_EQ(out.context.taps.size(), 2);
  EXPECT_EQ(out.context.taps.at(1).sizes(), (at::IntArrayRef{6, 16}));
  const StepOutput none = TinyModel({})->Step(batch, {0, 0});
  EXPECT_TRUE(none.context.taps.empty());
  EXPECT_TRUE(none.terms[0].value.equal(out.terms[0].value));
}

// The gradient of the whole objective, MAGMA and uniformity included, against
// central differences in double precision.
TEST(MaskedAutoencoder, GradientOfTheObjectiveIsItsDerivative) {
  Experiment experiment = TinyMae();
  experiment.mutable_regularizer()->mutable_magma();
  AuxiliaryLossSpec& uniformity = *experiment.add_auxiliary();
  uniformity.mutable_uniformity();
  uniformity.mutable_weight()->set_constant(0.5);
  const auto objective = Objective::Create(experiment);
  ASSERT_TRUE(objective.ok()) << objective.status();
  const auto model = TinyModel(objective->taps());
  const DeviceBatch batch = TinyBatch();
  const auto loss = [&] {
    return objective->Combine(model->Step(batch, {0, 0}), 0, RunLength{}, false)
        .total;
  };
  loss().backward();
  int checked = 0;
  const double h = 1e-5;
  for (const auto& item : model->named_parameters()) {
    at::Tensor parameter = item.value();
    const at::Tensor gradient = parameter.grad().flatten();
    const int64_t i = (checked * 7919) % parameter.numel();
    const at::NoGradGuard no_grad;
    at::Tensor entry = parameter.view(-1)[i];
    const double value = entry.item<double>();
    entry.fill_(value + h);
    const double up = loss().item<double>();
    entry.fill_(value - h);
    const double down = loss().item<double>();
    entry.fill_(value);
    EXPECT_NEAR(gradient[i].item<double>(), (up - down) / (2 * h), 1e-7)
        << item.key();
    ++checked;
  }
  EXPECT_EQ(checked, 3 * 12 + 2 + 4 + 4 + 2);
}

TEST(MaskedAutoencoder, ReconstructionOfVisibleUnitsIsInPixels) {
  const auto model = TinyModel({});
  const at::NoGradGuard no_grad;
  const auto reconstruction = model->Reconstruct(TinyBatch(), {0, 0});
  ASSERT_TRUE(reconstruction.has_value());
  EXPECT_EQ(reconstruction->images.sizes(), (at::IntArrayRef{6, 1, 8, 8}));
  EXPECT_EQ(reconstruction->mask.sum().item<double>(), 6 * 12);
}

TEST(MaskedAutoencoder, PredictingTheRemovedPatchesOnlyChangesNoLoss) {
  Experiment experiment = TinyMae();
  const auto model = [&](bool masked_only) {
    experiment.mutable_mae()->mutable_decoder()->set_masked_only(masked_only);
    auto mae = std::make_shared<MaskedAutoencoder>(
        experiment.mae(), experiment.encoder(), std::vector<int64_t>(),
        /*seed=*/1);
    mae->to(at::kDouble);
    return mae;
  };
  const DeviceBatch batch = TinyBatch();
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(
      model(true)
          ->Step(batch, {0, 0})
          .terms[0]
          .value.allclose(model(false)->Step(batch, {0, 0}).terms[0].value,
                          1e-12, 0));
  // The pictures agree where something was removed.
  const auto all = model(false)->Reconstruct(batch, {0, 0});
  const auto masked = model(true)->Reconstruct(batch, {0, 0});
  const at::Tensor removed = vit::Unpatchify(
      all->mask.to(at::kDouble).unsqueeze(-1).expand({-1, -1, 4}),
      /*patch_size=*/2, /*channels=*/1);
  EXPECT_TRUE(
      (masked->images * removed).allclose(all->images * removed, 0, 1e-12));
}

TEST(MaskedAutoencoder, DropPathActsAndRepeats) {
  Experiment experiment = TinyMae();
  experiment.mutable_encoder()->set_drop_path(0.9);
  const auto model = [&] {
    auto mae = std::make_shared<MaskedAutoencoder>(
        experiment.mae(), experiment.encoder(), std::vector<int64_t>(),
        /*seed=*/1);
    mae->to(at::kDouble);
    return mae;
  };
  const DeviceBatch batch = TinyBatch();
  const auto loss = [&](const std::shared_ptr<MaskedAutoencoder>& mae) {
    return mae->Step(batch, {0, 0}).terms[0].value;
  };
  EXPECT_TRUE(at::equal(loss(model()), loss(model())));
  EXPECT_FALSE(at::equal(loss(model()), loss(TinyModel({}))));
}

}  // namespace
}  // namespace caldera::ssl
