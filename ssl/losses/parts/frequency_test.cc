#include <ATen/TensorOperators.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/fft_ifft2.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/real.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ssl/losses/reconstruction_loss.h"
#include "vit/model/patch_embedding.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kSize = 4;

std::unique_ptr<ReconstructionLoss> Loss(double gamma, int patch_size,
                                         int channels) {
  ReconstructionLossSpec spec;
  spec.mutable_frequency()->set_gamma(gamma);
  vit::EncoderSpec encoder;
  encoder.set_patch_size(patch_size);
  encoder.set_channels(channels);
  auto loss = ReconstructionLossPart::Create(spec, encoder);
  EXPECT_TRUE(loss.ok()) << loss.status();
  return *std::move(loss);
}

// Computes the loss by the definition of the transform, a frequency at a time.
double SlowLoss(const at::Tensor& a, const at::Tensor& b,
                const at::Tensor& weight, double gamma) {
  const at::Tensor d = a - b;  // [B, C, H, W]
  double sum = 0;
  for (int64_t n = 0; n < d.size(0); ++n) {
    for (int64_t c = 0; c < d.size(1); ++c) {
      for (int64_t u = 0; u < kSize; ++u) {
        for (int64_t v = 0; v < kSize; ++v) {
          double re = 0, im = 0;
          for (int64_t y = 0; y < kSize; ++y) {
            for (int64_t x = 0; x < kSize; ++x) {
              const double phase =
                  -2 * M_PI * static_cast<double>(u * y + v * x) / kSize;
              const double value = d[n][c][y][x].item<double>() / kSize;
              re += value * std::cos(phase);
              im += value * std::sin(phase);
            }
          }
          sum += weight[n][u][v].item<double>() *
                 std::pow(std::hypot(re, im), gamma);
        }
      }
    }
  }
  return sum / static_cast<double>(d.numel());
}

at::Tensor Weights() { return vit::Normal({2, kSize, kSize}, 3).abs(); }

TEST(FrequencyLoss, EqualsTheLoop) {
  const at::Tensor a = vit::Normal({2, 3, kSize, kSize}, 1);
  const at::Tensor b = vit::Normal({2, 3, kSize, kSize}, 2);
  for (const double gamma : {1.0, 0.5, 2.0}) {
    const auto loss = Loss(gamma, 2, 3);
    const auto compute = [&](const at::Tensor& weight) {
      return loss->Compute(vit::Patchify(a, 2), vit::Patchify(b, 2), weight)
          .value.item<double>();
    };
    EXPECT_NEAR(compute(Weights()), SlowLoss(a, b, Weights(), gamma), 1e-10);
    EXPECT_NEAR(compute({}), SlowLoss(a, b, at::ones({2, kSize, kSize}), gamma),
                1e-10);
  }
}

TEST(FrequencyLoss, IsZeroWhereKeptFrequenciesAloneDiffer) {
  at::Tensor removed = at::ones({1, kSize, kSize}, at::kDouble);
  removed[0][0][0] = removed[0][1][0] = removed[0][3][0] = 0;
  const at::Tensor noise = vit::Normal({1, 1, kSize, kSize}, 4);
  const at::Tensor kept =
      at::real(at::fft_ifft2(at::fft_fft2(noise) * (1 - removed).unsqueeze(1)));
  EXPECT_GT(kept.abs().max().item<double>(), 0.1);
  const at::Tensor b = vit::Normal({1, 1, kSize, kSize}, 5);
  const auto loss = Loss(1, 2, 1);
  // The rest is the root of the 1e-12 in the loss.
  EXPECT_LT(
      loss->Compute(vit::Patchify(b + kept, 2), vit::Patchify(b, 2), removed)
          .value.item<double>(),
      1.1e-6);
}

TEST(FrequencyLoss, GradientIsTheDerivative) {
  at::Tensor a = vit::Normal({2, 4, 4}, 1).requires_grad_();
  const at::Tensor b = vit::Normal({2, 4, 4}, 2);
  for (const double gamma : {1.0, 1.5}) {
    a.mutable_grad() = at::Tensor();
    vit::ExpectGradients(
        [&] { return Loss(gamma, 2, 1)->Compute(a, b, Weights()).value; },
        {{"prediction", a}});
  }
}

TEST(FrequencyLoss, EqualImagesHaveAFiniteGradient) {
  at::Tensor a = at::zeros({1, 4, 4}).requires_grad_();
  Loss(1, 2, 1)->Compute(a, at::zeros({1, 4, 4}), {}).value.backward();
  EXPECT_TRUE(a.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace caldera::ssl
