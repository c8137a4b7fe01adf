// The options of published models together: registers, rotations, norms of
// queries and keys. encoder_goldens_test compares each with timm's.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "vit/model/encoder.h"
#include "vit/model/filled_encoder_testing.h"
#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

constexpr int kDim = 16;
constexpr int kPatches = 9;

class PublishedEncoder : public testing::Test {
 protected:
  const at::Tensor images_ = Normal({2, 2, 12, 12}, 1);
  const at::Tensor ids_ =
      at::tensor({7, 0, 3, 4, 2, 8, 1, 5}, at::kLong).view({2, 4});
};

// Returns a tiny encoder with the options of published models.
EncoderSpec PublishedSpec() {
  EncoderSpec spec;
  spec.set_image_size(12);
  spec.set_patch_size(4);
  spec.set_channels(2);
  spec.set_embed_dim(kDim);
  spec.set_depth(2);
  spec.set_num_heads(2);
  spec.set_position_embedding(EncoderSpec::ROPE);
  spec.set_register_tokens(2);
  spec.set_layer_scale(0.5);
  spec.set_qk_norm(true);
  spec.set_pre_norm(true);
  spec.set_activation(EncoderSpec::SWIGLU);
  spec.set_mlp_ratio(2);
  return spec;
}

TEST_F(PublishedEncoder, GradientIsTheDerivativeWithPublishedOptions) {
  EncoderSpec spec = PublishedSpec();
  spec.set_drop_path(0.5);
  spec.set_checkpoint_blocks(true);
  const auto encoder = FilledEncoder(spec);
  EncoderRequest request;
  request.ids_keep = ids_;
  request.drop_path_uniforms =
      at::tensor({0.9, 0.9, 0.7, 0.2, 0.1, 0.9, 0.4, 0.6}, at::kDouble)
          .view({2, 2, 2});
  const at::Tensor direction = Normal({2, 5, kDim}, 2);
  ExpectGradients(
      [&] {
        return (encoder->forward(images_, request).tokens * direction).sum();
      },
      Leaves(*encoder));
}

// Registers are tokens that the blocks see and nobody else does.
TEST_F(PublishedEncoder, RegistersStayInside) {
  const auto encoder = FilledEncoder(PublishedSpec());
  EncoderRequest request;
  request.ids_keep = ids_;
  request.taps = {0};
  request.query_key_taps = {0};
  request.attention_taps = {1};
  const EncoderOutput out = encoder->forward(images_, request);
  EXPECT_EQ(out.tokens.sizes(), (at::IntArrayRef{2, 5, kDim}));
  EXPECT_EQ(out.taps[0].sizes(), (at::IntArrayRef{2, 5, kDim}));
  EXPECT_EQ(out.queries_and_keys[0].keys.size(2), 5);
  EXPECT_EQ(out.attention[0].sizes(), (at::IntArrayRef{2, 2, 5, 5}));
  // A part of each token's attention goes to them.
  EXPECT_LT(out.attention[0].sum(3).max().item<double>(), 1);
  const at::NoGradGuard no_grad;
  encoder->named_parameters()["reg_token"].neg_();
  EXPECT_FALSE(
      encoder->forward(images_, request).tokens.allclose(out.tokens, 0, 1e-3));
}

// A visible patch keeps the place that it has in the image.
TEST_F(PublishedEncoder, RotationsFollowThePatches) {
  const auto encoder = FilledEncoder(PublishedSpec());
  const at::Tensor order = at::tensor({2, 0, 3, 1}, at::kLong);
  const at::Tensor tokens = encoder->forward(images_, ids_).tokens;
  const at::Tensor permuted =
      encoder->forward(images_, ids_.index_select(1, order)).tokens;
  EXPECT_TRUE(permuted.slice(1, 1).allclose(
      tokens.slice(1, 1).index_select(1, order), 0, 1e-12));
  const at::Tensor all = at::arange(kPatches).expand({2, kPatches});
  EXPECT_TRUE(at::equal(encoder->forward(images_, all).tokens,
                        encoder->forward(images_).tokens));
  // Without it no patch would know its place.
  const at::Tensor swapped = at::cat(
      {images_.slice(2, 4, 8), images_.slice(2, 0, 4), images_.slice(2, 8)}, 2);
  EXPECT_FALSE(encoder->forward(swapped).tokens.select(1, 0).allclose(
      encoder->forward(images_).tokens.select(1, 0), 0, 1e-6));
}

// The context's keys are picked with their rotations, and registers answer too.
TEST_F(PublishedEncoder, AContextOfAllPatchesIsNoContext) {
  const auto encoder = FilledEncoder(PublishedSpec());
  EncoderRequest request;
  request.ids_keep = ids_;
  const at::Tensor tokens = encoder->forward(images_, request).tokens;
  request.ids_context = at::arange(ids_.size(1)).expand({2, ids_.size(1)});
  EXPECT_TRUE(
      encoder->forward(images_, request).tokens.allclose(tokens, 0, 1e-12));
  request.ids_context = at::arange(2).expand({2, 2});
  EXPECT_FALSE(
      encoder->forward(images_, request).tokens.allclose(tokens, 0, 1e-3));
}

}  // namespace
}  // namespace caldera::vit
