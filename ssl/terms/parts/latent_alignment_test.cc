// Compares the term with its formula, and tests where its gradient goes and
// what the term needs.

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

using testing::StartsWith;

ModelSizes Sizes() {
  ModelSizes sizes;
  sizes.encoder.set_embed_dim(4);
  sizes.teacher = sizes.encoder;
  sizes.teacher_input = ModelSizes::TeacherInput::kMasked;
  sizes.decoder_has_latents = true;
  return sizes;
}

AuxiliaryLossSpec Spec() {
  AuxiliaryLossSpec spec;
  spec.mutable_latent_alignment();
  return spec;
}

TEST(LatentAlignmentLoss, IsTheMeanSquareAndZeroForEqual) {
  const auto loss = MakeAuxiliaryLoss(Spec(), Sizes());
  ASSERT_TRUE(loss.ok()) << loss.status();
  StepContext context;
  context.decoder_latents = vit::Normal({2, 3, 4}, 1);
  context.teacher_tokens = vit::Normal({2, 1 + 3, 4}, 2);
  double sum = 0;
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t n = 0; n < 3; ++n) {
      for (int64_t d = 0; d < 4; ++d) {
        const double difference =
            context.decoder_latents[b][n][d].item<double>() -
            context.teacher_tokens[b][1 + n][d].item<double>();
        sum += difference * difference;
      }
    }
  }
  EXPECT_NEAR((*loss)->Compute(context, false).value.item<double>(),
              sum / (2 * 3 * 4), 1e-12);
  context.decoder_latents = context.teacher_tokens.slice(1, 1);
  EXPECT_EQ((*loss)->Compute(context, false).value.item<double>(), 0);
}

TEST(LatentAlignmentLoss, GradientIsTheDerivativeAndLeavesTheTeacherAlone) {
  const auto loss = MakeAuxiliaryLoss(Spec(), Sizes());
  ASSERT_TRUE(loss.ok()) << loss.status();
  StepContext context;
  context.decoder_latents = vit::Normal({2, 3, 4}, 1).requires_grad_();
  context.teacher_tokens = vit::Normal({2, 1 + 3, 4}, 2).requires_grad_();
  const auto value = [&] { return (*loss)->Compute(context, false).value; };
  vit::ExpectGradients(value, {{"latents", context.decoder_latents}});
  EXPECT_FALSE(context.teacher_tokens.grad().defined());
}

TEST(LatentAlignmentLoss, RefusesWhatDoesNotFit) {
  const auto error = [](const ModelSizes& sizes) {
    return std::string(MakeAuxiliaryLoss(Spec(), sizes).status().message());
  };
  ModelSizes sizes = Sizes();
  sizes.decoder_has_latents = false;
  EXPECT_THAT(error(sizes),
              StartsWith("latent_alignment: the method predicts no latents"));
  sizes = Sizes();
  sizes.teacher.reset();
  EXPECT_THAT(error(sizes), StartsWith("latent_alignment: no teacher reads"));
  sizes = Sizes();
  sizes.teacher_input = ModelSizes::TeacherInput::kWhole;
  EXPECT_THAT(error(sizes), StartsWith("latent_alignment: no teacher reads"));
  sizes = Sizes();
  sizes.teacher->set_embed_dim(6);
  EXPECT_THAT(error(sizes),
              StartsWith("latent_alignment: mae.decoder predicts latents of "
                         "4 features, the encoder's, but mae.teacher has 6"));
}

}  // namespace
}  // namespace caldera::ssl
