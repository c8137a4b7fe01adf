#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/where.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "data/augment/mixup.h"
#include "ssl/losses/soft_cross_entropy.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/optim/algorithms/sgd.pb.h"
#include "ssl/train/step/train_step.h"
#include "vit/module_testing.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

Experiment Tiny(const std::string& fields, const std::string& rest = "") {
  return TinyExperiment("classification { num_classes: 10 " + fields + " } " +
                        rest);
}

TEST(Classification, IsTheCrossEntropyOfTheClassifier) {
  const Experiment experiment = Tiny("label_smoothing: 0.2");
  const TinyModel model(experiment);
  vit::FillNormal(*model.method, 0.3, 1);
  const DeviceBatch batch = TinyBatch(experiment, 6);
  const StepOutput out = model.method->Step(batch, {0, 0});
  ASSERT_EQ(out.terms.size(), 1);
  EXPECT_EQ(out.terms[0].name, "cross_entropy");
  EXPECT_EQ(out.terms[0].weight, 1);

  vit::Classifier* classifier = model.method->classifier();
  ASSERT_NE(classifier, nullptr);
  const vit::ClassifierOutput seen = classifier->forward(batch.views[0], {});
  double expected = 0;
  for (int64_t b = 0; b < 6; ++b) {
    for (int64_t k = 0; k < 10; ++k) {
      const double target = 0.02 + (batch.labels[b].item<int64_t>() == k) * 0.8;
      expected -=
          target * (seen.logits[b][k].item<double>() -
                    std::log(seen.logits[b].exp().sum().item<double>()));
    }
  }
  EXPECT_NEAR(out.terms[0].value.item<double>(), expected / 6, 1e-6);
  // The embedding is the encoder's, as evaluations read it, not the
  // classifier's.
  EXPECT_TRUE(out.embedding.equal(seen.encoded.tokens.slice(1, 1).mean(1)));
}

// Forward reads mixed batches: the counts of an image's pixels after CutMix are
// its targets.
TEST(Classification, PreparedTargetsAreTheSharesOfTheImages) {
  const Experiment experiment =
      Tiny("mixup { mixup_alpha: 0 } label_smoothing: 0");
  const TinyModel model(experiment);
  DeviceBatch batch = TinyBatch(experiment, 8);
  batch.views[0] = at::arange(1, 9, at::kDouble)
                       .view({8, 1, 1, 1})
                       .expand({8, 1, 8, 8})
                       .contiguous();
  int64_t cut = 0;
  for (uint64_t step = 0; step < 20; ++step) {
    const DeviceBatch mixed = model.method->Prepare(batch, {3, step});
    for (int64_t b = 0; b < 8; ++b) {
      const int64_t other = b ^ 1;
      const at::Tensor image = mixed.views[0][b];
      const double foreign = (image == static_cast<double>(other + 1))
                                 .to(at::kDouble)
                                 .mean()
                                 .item<double>();
      const double own = (image == static_cast<double>(b + 1))
                             .to(at::kDouble)
                             .mean()
                             .item<double>();
      EXPECT_EQ(own + foreign, 1);
      cut += foreign > 0;
      const at::Tensor target = mixed.targets[b];  // labels are 0 to 7
      EXPECT_NEAR(target[b].item<double>(), own, 1e-6);
      EXPECT_NEAR(target[other].item<double>(), foreign, 1e-6);
      EXPECT_NEAR(target.sum().item<double>(), 1, 1e-6);
    }
  }
  EXPECT_GT(cut, 80);
  // The input batch is unchanged.
  EXPECT_EQ(batch.views[0][3].std().item<double>(), 0);
}

TEST(Classification, WithoutMixupLeavesImagesAsTheyAre) {
  const Experiment experiment = Tiny("");
  const TinyModel model(experiment);
  const DeviceBatch batch = TinyBatch(experiment, 4);
  const DeviceBatch prepared = model.method->Prepare(batch, {3, 0});
  EXPECT_TRUE(prepared.views[0].is_same(batch.views[0]));
  EXPECT_TRUE(prepared.targets.equal(SmoothLabels(batch.labels, 10, 0.1)));
}

TEST(Classification, MixedRowsStayTogether) {
  EXPECT_EQ(TinyModel(Tiny("")).method->rows_together(), 1);
  EXPECT_EQ(TinyModel(Tiny("mixup {}")).method->rows_together(), 2);
  EXPECT_EQ(TinyModel(Tiny("mixup {}", "data { loader { repeats: 3 } }"))
                .method->rows_together(),
            6);
}

TEST(Classification, StartsFromTheFilesEncoder) {
  const auto file = vit::LoadEncoder(TinyTeacher());
  ASSERT_TRUE(file.ok()) << file.status();
  const vit::StateDict expected = vit::GetStateDict(*file->encoder);
  for (const std::string pooling : {"MEAN", "CLS"}) {
    const TinyModel model(
        Tiny("encoder: '" + TinyTeacher() + "' pooling: " + pooling));
    const vit::StateDict state = model.method->NamedState();
    for (const auto& [name, tensor] : expected) {
      if (pooling == "MEAN" && name.rfind("norm.", 0) == 0) {
        EXPECT_EQ(state.count(name), 0) << name;
        continue;
      }
      ASSERT_EQ(state.count(name), 1) << name;
      EXPECT_TRUE(state.at(name).equal(tensor.to(at::kDouble))) << name;
    }
    EXPECT_EQ(state.at("head.weight").sizes(), (at::IntArrayRef{10, 16}));
    EXPECT_EQ(state.count("fc_norm.weight"), pooling == "MEAN" ? 1 : 0);
    // The head begins near 0 for every file.
    EXPECT_LT(state.at("head.weight").abs().max().item<double>(), 1e-3);
  }
}

// At another resolution the position embedding is interpolated and the rest is
// copied.
TEST(Classification, StartsAtAnotherResolution) {
  const TinyModel model(Tiny("encoder: '" + TinyTeacher() + "'",
                             "encoder { image_size: 12 position_embedding: "
                             "LEARNED }"));
  EXPECT_EQ(model.method->NamedState().at("pos_embed").sizes(),
            (at::IntArrayRef{1, 37, 16}));
  EXPECT_TRUE(model.Parameters().count("classifier.encoder.pos_embed") == 1);
}

// With SGD an update is rate * gradient, so the ratio shows each layer's rate.
TEST(Classification, LayerDecayActs) {
  const auto updates = [](double decay) {
    Experiment experiment = Tiny("", "encoder { position_embedding: LEARNED }");
    OptimizerSpec& optimizer = *experiment.mutable_optimizer();
    optimizer.MutableExtension(sgd)->set_momentum(0);
    optimizer.set_base_lr(1e-3);
    optimizer.set_scale_lr_by_batch(false);
    optimizer.set_weight_decay(0);
    optimizer.set_layer_decay(decay);
    TinyModel model(experiment);
    vit::FillNormal(*model.method, 0.3, 1);
    std::map<std::string, at::Tensor> before, update;
    for (const auto& [name, value] : model.Parameters()) {
      before[name] = value.detach().clone();
    }
    Learner learner(experiment, model.method, std::move(model.objective),
                    {/*steps_per_epoch=*/1, /*total_steps=*/10, 16});
    DeviceBatch batch = TinyBatch(experiment, 4);
    const at::Tensor pixel = at::arange(64, at::kDouble).view({1, 1, 8, 8});
    batch.views[0] = (batch.index.view({-1, 1, 1, 1}) * 7 + pixel).sin();
    EXPECT_TRUE(TrainStep(learner, batch, {0, 0}, 0, false).ok());
    for (const auto& item : model.method->named_parameters()) {
      update[item.key()] = item.value().detach() - before.at(item.key());
    }
    return update;
  };
  const auto whole = updates(1), decayed = updates(0.5);
  const std::map<std::string, double> scales = {
      {"classifier.encoder.cls_token", 0.125},
      {"classifier.encoder.pos_embed", 0.125},
      {"classifier.encoder.patch_embed.proj.weight", 0.125},
      {"classifier.encoder.blocks.0.attn.qkv.weight", 0.25},
      {"classifier.encoder.blocks.1.mlp.fc2.bias", 0.5},
      {"classifier.fc_norm.weight", 1},
      {"classifier.head.weight", 1},
      {"classifier.head.bias", 1},
  };
  for (const auto& [name, scale] : scales) {
    ASSERT_EQ(whole.count(name), 1) << name;
    EXPECT_GT(whole.at(name).abs().max().item<double>(), 0) << name;
    EXPECT_TRUE(decayed.at(name).allclose(whole.at(name) * scale, 1e-9, 1e-13))
        << name;
  }
}

// Paths drop in training, by step and sample, and never in evaluation.
TEST(Classification, DropPathActs) {
  const Experiment experiment = Tiny("", "encoder { drop_path: 0.5 }");
  const TinyModel model(experiment);
  vit::FillNormal(*model.method, 0.3, 1);
  const DeviceBatch batch = TinyBatch(experiment, 6);
  const auto features = [&](uint64_t step) {
    return model.method->Step(batch, {0, step}).embedding;
  };
  EXPECT_TRUE(features(0).equal(features(0)));
  EXPECT_FALSE(features(0).equal(features(1)));
  model.method->eval();
  EXPECT_TRUE(features(0).equal(features(1)));
}

}  // namespace
}  // namespace caldera::ssl
