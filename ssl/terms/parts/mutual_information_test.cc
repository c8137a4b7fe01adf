#include "ssl/terms/parts/mutual_information.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <string>
#include <vector>

#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/parts/occluded_contrast.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// log N(z; mean, exp(log_variance)) / D, number by number.
double LogDensity(const at::Tensor& mean, const at::Tensor& log_variance,
                  const at::Tensor& z) {
  double sum = 0;
  for (int64_t d = 0; d < z.size(0); ++d) {
    const double lv = log_variance[d].item<double>();
    const double apart = (z[d] - mean[d]).item<double>();
    sum += std::log(1 / std::sqrt(2 * M_PI * std::exp(lv))) -
           apart * apart / (2 * std::exp(lv));
  }
  return sum / static_cast<double>(z.size(0));
}

TEST(ClubBound, EqualsTheLoopOverPairs) {
  const at::Tensor mean = vit::Normal({6, 3}, 1), lv = vit::Normal({6, 3}, 2);
  const at::Tensor z = vit::Normal({6, 3}, 3);
  double own = 0, all = 0;
  for (int64_t i = 0; i < 6; ++i) {
    own += LogDensity(mean[i], lv[i], z[i]) / 6;
    for (int64_t j = 0; j < 6; ++j) {
      all += LogDensity(mean[i], lv[i], z[j]) / 36;
    }
  }
  EXPECT_NEAR(ClubBound(mean, lv, z).item<double>(), own - all, 1e-12);
  EXPECT_NEAR(LogLikelihood(mean, lv, z).mean().item<double>(), own, 1e-12);
}

// For a pair of normal numbers of correlation r, I(x; z) = -log(1 - r^2) / 2,
// and the bound with the true conditional is r^2 / (1 - r^2).
TEST(ClubBound, IsAboveTheMutualInformationOfNormalNumbers) {
  const int64_t n = 40000;
  const at::Tensor x = vit::Normal({n, 1}, 4), noise = vit::Normal({n, 1}, 5);
  for (const double r : {0.0, 0.5, 0.9}) {
    const at::Tensor z = r * x + std::sqrt(1 - r * r) * noise;
    const double bound =
        ClubBound(r * x, at::full_like(x, std::log(1 - r * r)), z)
            .item<double>();
    // Five standard errors of the sample's mean; the summand's deviation grows
    // with 1 / (1 - r^2).
    const double error = 5 * 2 / (1 - r * r) / std::sqrt(n);
    EXPECT_NEAR(bound, r * r / (1 - r * r), error) << r;
    EXPECT_GT(bound, -0.5 * std::log(1 - r * r) - error) << r;
  }
}

TEST(ClubBound, GradientIsTheDerivativeInZAlone) {
  const at::Tensor mean = vit::Normal({4, 3}, 6).requires_grad_();
  const at::Tensor lv = vit::Normal({4, 3}, 7).requires_grad_();
  at::Tensor z = vit::Normal({4, 3}, 8).requires_grad_();
  vit::ExpectGradients([&] { return ClubBound(mean, lv, z); }, {{"z", z}});
  EXPECT_FALSE(mean.grad().defined());
  EXPECT_FALSE(lv.grad().defined());
}

TEST(LogLikelihood, GradientIsTheDerivative) {
  at::Tensor mean = vit::Normal({4, 3}, 6).requires_grad_();
  at::Tensor lv = vit::Normal({4, 3}, 7).requires_grad_();
  at::Tensor z = vit::Normal({4, 3}, 8).requires_grad_();
  vit::ExpectGradients([&] { return LogLikelihood(mean, lv, z).mean(); },
                       {{"mean", mean}, {"log_variance", lv}, {"z", z}});
}

AuxiliaryLossPart::Result Make(int64_t masks,
                               const std::vector<std::string>& options = {},
                               int64_t images = 5) {
  AuxiliaryLossSpec spec;
  spec.mutable_custom()->set_name("mutual_information");
  for (const std::string& option : options) {
    spec.mutable_custom()->add_option(option);
  }
  ModelSizes sizes;
  sizes.encoder.set_embed_dim(4);
  sizes.encoder.set_patch_size(2);
  sizes.encoder.set_channels(1);
  sizes.num_masks = masks;
  sizes.images = images;
  return AuxiliaryLossPart::Create(spec, sizes);
}

// 5 images of 4 x 4 pixels with two masks, which see patches {0, 3} and {1, 2}.
StepContext Context() {
  StepContext context;
  context.views = {vit::Normal({5, 1, 4, 4}, 9).to(at::kFloat)};
  context.latent = vit::Normal({10, 3, 4}, 10).to(at::kFloat).requires_grad_();
  context.mask.ids_keep =
      at::tensor({0, 3, 1, 2}, at::kLong).view({2, 2}).repeat({5, 1});
  return context;
}

AuxiliaryOutput Computed(const std::vector<std::string>& options) {
  const auto loss = Make(2, options);
  EXPECT_TRUE(loss.ok()) << loss.status();
  (*loss)->Build(/*seed=*/3, {});
  return (*loss)->Compute(Context(), /*with_diagnostics=*/true);
}

TEST(MutualInformation, IsTheSumOfItsParts) {
  const auto value = [](const std::string& max, const std::string& min) {
    return Computed({"max_weight=" + max, "min_weight=" + min})
        .value.item<double>();
  };
  const double fit = value("0", "0");
  const double info_nce = value("1", "0") - fit, club = value("0", "1") - fit;
  EXPECT_NEAR(value("2", "3"), 2 * info_nce + 3 * club + fit, 1e-5);
  const at::Tensor z = Context().latent.slice(1, 1).mean(1);
  EXPECT_NEAR(
      info_nce,
      OccludedContrast(z.slice(0, 0, 10, 2), z.slice(0, 1, 10, 2), 0, 0.2)
          .item<double>(),
      1e-5);
  const auto diagnostics = Computed({}).diagnostics;
  ASSERT_EQ(diagnostics.size(), 1);
  EXPECT_EQ(diagnostics[0].first, "info_nce");
  EXPECT_NEAR(diagnostics[0].second, info_nce, 1e-5);
}

// The fit alone reaches q, and the other two alone reach the encoder.
TEST(MutualInformation, GradientsGoTheirOwnWays) {
  const auto gradients = [](const std::vector<std::string>& options) {
    const auto loss = *Make(2, options);
    loss->Build(/*seed=*/3, {});
    const StepContext context = Context();
    loss->Compute(context, false).value.backward();
    std::vector<at::Tensor> found = {context.latent.grad()};
    for (const at::Tensor& weight : loss->module()->parameters()) {
      found.push_back(weight.grad());
    }
    return found;
  };
  const auto fit_alone = gradients({"max_weight=0", "min_weight=0"});
  const auto all = gradients({});
  EXPECT_EQ(fit_alone[0].abs().max().item<double>(), 0);
  EXPECT_GT(all[0].abs().max().item<double>(), 0);
  ASSERT_EQ(all.size(), fit_alone.size());
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_GT(all[i].abs().max().item<double>(), 0) << i;
    EXPECT_TRUE(all[i].equal(fit_alone[i])) << i;
  }
}

TEST(MutualInformation, RefusesWhatCannotBe) {
  const std::string needs =
      "custom.mutual_information compares the masks of an image, but "
      "mae.masking ";
  const std::string remedy = "; write mae { masking { partition {} } }";
  EXPECT_EQ(Make(0).status().message(),
            needs + "does not apply to this method" + remedy);
  EXPECT_EQ(Make(1).status().message(), needs + "draws one mask" + remedy);
  EXPECT_EQ(Make(2, {}, 1).status().message(),
            "custom.mutual_information compares the images of a batch, but "
            "train.batch_size leaves it 1; use 2 or more");
}

}  // namespace
}  // namespace caldera::ssl
