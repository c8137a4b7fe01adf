#include "vit/model/classifier.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "vit/blocks/block.h"
#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

EncoderSpec TinyEncoder() {
  EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_channels(1);
  spec.set_embed_dim(16);
  spec.set_depth(1);
  spec.set_num_heads(2);
  spec.set_mlp_ratio(2);
  spec.set_position_embedding(EncoderSpec::LEARNED);
  return spec;
}

std::shared_ptr<Classifier> Filled(const EncoderSpec& encoder,
                                   ClassifierSpec::Pooling pooling) {
  ClassifierSpec spec;
  spec.set_num_classes(3);
  spec.set_pooling(pooling);
  auto classifier = std::make_shared<Classifier>(encoder, spec);
  FillNormal(*classifier, 0.3, 0);
  return classifier;
}

TEST(Classifier, HasTheOfficialNames) {
  for (const auto pooling : {ClassifierSpec::CLS, ClassifierSpec::MEAN}) {
    const bool cls = pooling == ClassifierSpec::CLS;
    const StateDict state = Filled(TinyEncoder(), pooling)->NamedState();
    EXPECT_EQ(state.size(), 12 + 6 + 2);
    EXPECT_EQ(state.count("norm.weight"), cls ? 1 : 0);
    EXPECT_EQ(state.count("fc_norm.weight"), cls ? 0 : 1);
    for (const char* name :
         {"cls_token", "pos_embed", "patch_embed.proj.weight",
          "blocks.0.attn.qkv.weight", "head.bias"}) {
      EXPECT_EQ(state.count(name), 1) << name;
    }
    EXPECT_EQ(state.at("head.weight").sizes(), (at::IntArrayRef{3, 16}));
  }
}

TEST(Classifier, PoolsTheClassTokenOrThePatches) {
  const at::Tensor images = Normal({2, 1, 8, 8}, 1);
  for (const auto pooling : {ClassifierSpec::CLS, ClassifierSpec::MEAN}) {
    for (const bool class_token : {true, false}) {
      const bool cls = pooling == ClassifierSpec::CLS;
      if (cls && !class_token) continue;
      EncoderSpec spec = TinyEncoder();
      spec.set_class_token(class_token);
      const auto classifier = Filled(spec, pooling);
      const StateDict state = classifier->NamedState();
      // The encoder returns tokens after its norm, where it has one.
      const at::Tensor tokens = classifier->encoder().forward(images).tokens;
      ASSERT_EQ(tokens.size(1), class_token ? 5 : 4);
      at::Tensor features = tokens.select(1, 0);
      if (!cls) {
        features = at::layer_norm(tokens.slice(1, class_token ? 1 : 0).mean(1),
                                  {16}, state.at("fc_norm.weight"),
                                  state.at("fc_norm.bias"), kLayerNormEps);
      }
      const ClassifierOutput out = classifier->forward(images, {});
      EXPECT_TRUE(out.features.allclose(features, 0, 1e-12));
      EXPECT_TRUE(out.encoded.tokens.equal(tokens));
      const at::Tensor pooled =
          cls ? tokens.select(1, 0)
              : tokens.slice(1, class_token ? 1 : 0).mean(1);
      EXPECT_TRUE(classifier->Classify(pooled).logits.equal(out.logits));
      EXPECT_TRUE(out.logits.allclose(
          at::linear(features, state.at("head.weight"), state.at("head.bias")),
          0, 1e-12));
    }
  }
}

TEST(Classifier, GradientIsTheDerivative) {
  const at::Tensor images = Normal({2, 1, 8, 8}, 1);
  const at::Tensor direction = Normal({2, 3}, 2);
  for (const auto pooling : {ClassifierSpec::CLS, ClassifierSpec::MEAN}) {
    EncoderSpec spec = TinyEncoder();
    spec.set_depth(2);
    spec.set_drop_path(0.5);
    const auto classifier = Filled(spec, pooling);
    EncoderRequest request;
    request.drop_path_uniforms =
        at::tensor({0.9, 0.9, 0.7, 0.2, 0.1, 0.9, 0.4, 0.6}, at::kDouble)
            .view({2, 2, 2});
    std::map<std::string, at::Tensor> leaves;
    for (const auto& item : classifier->named_parameters()) {
      leaves[item.key()] = item.value();
    }
    ExpectGradients(
        [&] {
          return (classifier->forward(images, request).logits * direction)
              .sum();
        },
        leaves);
  }
}

}  // namespace
}  // namespace caldera::vit
