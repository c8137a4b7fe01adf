// Compares the fine-tuning ViT with the official code's numbers, for both
// poolings, and tests the masked autoencoder's loss in bfloat16.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/strip.h"
#include "ssl/losses/soft_cross_entropy.h"
#include "tests/goldens/golden_files.h"
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/classifier.h"
#include "vit/model/encoder.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"
#include "vit/state_dict.h"

namespace caldera {
namespace {

struct Case {
  vit::ClassifierSpec::Pooling pooling;
  const char* prefix;  // of the tensors in the file
};

vit::EncoderSpec EncoderOf(const GoldenFile& file) {
  vit::EncoderSpec spec;
  spec.set_image_size(file.Size("img"));
  spec.set_patch_size(file.Size("patch"));
  spec.set_channels(file["imgs"].size(1));
  spec.set_embed_dim(file.Size("dim"));
  spec.set_depth(file.Size("depth"));
  spec.set_num_heads(file.Size("heads"));
  spec.set_mlp_ratio(
      static_cast<double>(file["param.blocks.0.mlp.fc1.bias"].size(0)) /
      static_cast<double>(file.Size("dim")));
  // Fine-tuning trains the position embedding.
  spec.set_position_embedding(vit::EncoderSpec::LEARNED);
  return spec;
}

vit::StateDict ParametersOf(const GoldenFile& file, bool mean_pooling) {
  vit::StateDict state;
  for (const auto& [name, tensor] : file.content().tensors) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, "param.")) continue;
    const bool norm = mean_pooling && rest.substr(0, 5) == "norm.";
    state[(norm ? "fc_" : "") + std::string(rest)] = tensor;
  }
  return state;
}

void Check(const GoldenFile& file, const Case& c, at::ScalarType type,
           double value_tolerance, double gradient_tolerance) {
  const std::string prefix = std::string(c.prefix) + ".";
  SCOPED_TRACE(file.name() + " " + prefix);
  vit::ClassifierSpec spec;
  spec.set_num_classes(file.Size("classes"));
  spec.set_pooling(c.pooling);
  vit::Classifier model(EncoderOf(file), spec);
  model.to(type);
  const vit::StateDict state = model.NamedState();
  const absl::Status status = vit::CopyStateDict(
      ParametersOf(file, c.pooling == vit::ClassifierSpec::MEAN), state,
      file.name());
  ASSERT_TRUE(status.ok()) << status;

  const vit::ClassifierOutput out = model.forward(file["imgs"].to(type), {});
  EXPECT_LT(RelativeError(out.features, file[prefix + "features"]),
            value_tolerance);
  EXPECT_LT(RelativeError(out.logits, file[prefix + "logits"]),
            value_tolerance);
  const at::Tensor loss = ssl::SoftCrossEntropy(
      out.logits, ssl::SmoothLabels(file["labels"], out.logits.size(1), 0));
  EXPECT_LT(RelativeError(loss, file[prefix + "ce"]), value_tolerance);
  loss.backward();
  int checked = 0;
  for (const auto& [name, expected] : file.content().tensors) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, prefix + "grad.")) continue;
    EXPECT_LT(RelativeError(state.at(std::string(rest)).grad(), expected),
              gradient_tolerance)
        << name;
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

TEST(VitGoldens, BothPoolings) {
  for (const GoldenFile& file : GoldenFamily("vit_")) {
    for (const Case& c : {Case{vit::ClassifierSpec::CLS, "cls"},
                          Case{vit::ClassifierSpec::MEAN, "gap"}}) {
      // Features and gradients are stored in F32.
      Check(file, c, at::kDouble, 1e-7, 1e-6);
      Check(file, c, at::kFloat, 1e-5, 2e-4);
    }
  }
}

// Returns the golden masked autoencoder's loss on raw pixels, computed in
// `type`, its parameters in float32; with `masked_only` it predicts only the
// removed patches.
double MaeLoss(const GoldenFile& file, std::optional<at::ScalarType> type,
               bool masked_only) {
  vit::EncoderSpec spec = EncoderOf(file);
  spec.set_position_embedding(vit::EncoderSpec::SIN_COS);
  const auto encoder = std::make_shared<vit::Encoder>(spec);
  vit::DecoderSpec decoder_spec;
  decoder_spec.set_embed_dim(file.Size("ddim"));
  decoder_spec.set_depth(file.Size("ddepth"));
  decoder_spec.set_num_heads(file.Size("dheads"));
  decoder_spec.set_mlp_ratio(spec.mlp_ratio());
  decoder_spec.set_masked_only(masked_only);
  const at::Tensor& target = file["target_patches"];
  const auto decoder =
      vit::PlanDecoder(decoder_spec)
          .value()
          ->Build({spec.embed_dim(), encoder->grid(), target.size(2), true});
  vit::StateDict state = vit::GetStateDict(*encoder);
  state.merge(vit::GetStateDict(*decoder));
  const absl::Status status =
      vit::CopyStateDict(ParametersOf(file, false), state, file.name());
  EXPECT_TRUE(status.ok()) << status;
  vit::SetComputeType(*encoder, type);
  vit::SetComputeType(*decoder, type);

  const at::Tensor& ids_restore = file["ids_restore"];
  const int64_t visible = file["latent"].size(1) - 1;
  const at::Tensor ids_keep = vit::IdsShuffle(ids_restore).slice(1, 0, visible);
  const at::Tensor prediction =
      decoder
          ->Decode(
              {encoder->forward(file["imgs"], ids_keep).tokens, ids_restore})
          .prediction;
  EXPECT_EQ(prediction.scalar_type(), at::kFloat);
  const at::Tensor ids = vit::MaskedIds(ids_restore, visible);
  const at::Tensor masked =
      masked_only ? prediction : vit::GatherRows(prediction, ids);
  return (masked - vit::GatherRows(target, ids)).pow(2).mean().item<double>();
}

TEST(MaeGoldens, LossInBfloat16IsWithinOnePercent) {
  for (const GoldenFile& file : GoldenFamily("mae_tiny_")) {
    SCOPED_TRACE(file.name());
    const double exact = file.Scalar("raw_pix.loss");
    for (const bool masked_only : {false, true}) {
      const double single = MaeLoss(file, {}, masked_only);
      EXPECT_NEAR(single, exact, 1e-5 * exact);
      const double rounded = MaeLoss(file, at::kBFloat16, masked_only);
      EXPECT_NEAR(rounded, exact, 0.01 * exact);
      EXPECT_NE(rounded, single);
    }
  }
}

}  // namespace
}  // namespace caldera
