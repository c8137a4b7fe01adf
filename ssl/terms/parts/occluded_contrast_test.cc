#include "ssl/terms/parts/occluded_contrast.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

double Cosine(const at::Tensor& a, const at::Tensor& b) {
  return ((a * b).sum() / (a.norm() * b.norm())).item<double>();
}

// The equations as loops over pairs.
double Loop(const at::Tensor& z1, const at::Tensor& z2, double kappa,
            double temperature) {
  const int64_t n = z1.size(0);
  const auto similarity = [&](int64_t i, int64_t j) {
    const double c = Cosine(z1[i], z2[j]);
    return ((1 + c) / (1 + kappa * (1 - c)) - 1) / temperature;
  };
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    double forth = 0, back = 0;
    for (int64_t j = 0; j < n; ++j) {
      forth += std::exp(similarity(i, j));
      back += std::exp(similarity(j, i));
    }
    sum += 2 * similarity(i, i) - std::log(forth) - std::log(back);
  }
  return -0.5 * sum / static_cast<double>(n);
}

TEST(OccludedContrast, EqualsTheLoop) {
  const at::Tensor z1 = vit::Normal({5, 4}, 1), z2 = vit::Normal({5, 4}, 2);
  for (const double kappa : {0.0, 2.0, 16.0}) {
    for (const double temperature : {0.07, 1.0}) {
      EXPECT_NEAR(OccludedContrast(z1, z2, kappa, temperature).item<double>(),
                  Loop(z1, z2, kappa, temperature), 1e-12)
          << kappa << " " << temperature;
    }
  }
}

TEST(OccludedContrast, GradientIsTheDerivative) {
  for (const double kappa : {0.0, 2.0}) {
    at::Tensor z1 = vit::Normal({4, 3}, 3).requires_grad_();
    at::Tensor z2 = vit::Normal({4, 3}, 4).requires_grad_();
    vit::ExpectGradients([&] { return OccludedContrast(z1, z2, kappa, 0.2); },
                         {{"z1", z1}, {"z2", z2}});
  }
}

// Without a difference between images it is guessed: log of their number.
TEST(OccludedContrast, EqualRowsAreAGuess) {
  for (const double value : {0.0, 1.0}) {
    at::Tensor z = at::full({6, 3}, value).requires_grad_();
    const at::Tensor loss = OccludedContrast(z, z, 2, 0.2);
    loss.backward();
    EXPECT_NEAR(loss.item<double>(), std::log(6), 1e-5);
    EXPECT_TRUE(z.grad().isfinite().all().item<bool>());
  }
}

AuxiliaryLossPart::Result Make(int64_t masks, int64_t images = 5,
                               const std::vector<std::string>& options = {}) {
  AuxiliaryLossSpec spec;
  spec.mutable_custom()->set_name("occluded_contrast");
  for (const std::string& option : options) {
    spec.mutable_custom()->add_option(option);
  }
  ModelSizes sizes;
  sizes.encoder.set_embed_dim(4);
  sizes.num_masks = masks;
  sizes.images = images;
  return AuxiliaryLossPart::Create(spec, sizes);
}

// Rows 2 b and 2 b + 1 are the parts of image b.
TEST(OccludedContrast, ThePairIsTheImagesTwoMasks) {
  const auto loss = Make(2, 5, {"kappa=0", "temperature=0.1"});
  ASSERT_TRUE(loss.ok()) << loss.status();
  (*loss)->Build(/*seed=*/3, {});
  const at::Tensor image = vit::Normal({5, 1, 4}, 5).to(at::kFloat);
  StepContext context;
  context.latent =  // both parts of an image have its tokens
      image.repeat_interleave(2, 0).expand({10, 3, 4});
  const double alike = (*loss)->Compute(context, false).value.item<double>();
  context.latent = at::cat({image, image}).expand({10, 3, 4});
  const double apart = (*loss)->Compute(context, false).value.item<double>();
  EXPECT_LT(alike, apart - 0.5);
  EXPECT_LT(alike, std::log(5));
}

TEST(OccludedContrast, RefusesWhatCannotBe) {
  const std::string needs =
      "custom.occluded_contrast compares two parts of an image, but "
      "mae.masking ";
  const std::string remedy = "; write mae { masking { complement {} } }";
  EXPECT_EQ(Make(0).status().message(),
            needs + "does not apply to this method" + remedy);
  EXPECT_EQ(Make(1).status().message(), needs + "draws 1 mask" + remedy);
  EXPECT_EQ(Make(4).status().message(), needs + "draws 4 masks" + remedy);
  EXPECT_EQ(Make(2, 1).status().message(),
            "custom.occluded_contrast compares the images of a batch, but "
            "train.batch_size leaves it 1; use 2 or more");
  EXPECT_EQ(Make(2, 5, {"kappa=-1"}).status().message(),
            "custom.option[0]: kappa=-1 is not at least 0");
}

}  // namespace
}  // namespace caldera::ssl
