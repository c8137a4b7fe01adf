#include "ssl/terms/parts/distillation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

constexpr DistillationSpec::Distance kDistances[] = {
    DistillationSpec::L1, DistillationSpec::SMOOTH_L1,
    DistillationSpec::COSINE};

double Norm(const at::Tensor& token) {
  double sum = 0;
  for (int64_t d = 0; d < token.size(0); ++d) {
    sum += std::pow(token[d].item<double>(), 2);
  }
  return std::max(std::sqrt(sum), 1e-12);
}

// Computes the distance token by token and feature by feature.
double SlowDistillation(const at::Tensor& student, const at::Tensor& teacher,
                        DistillationSpec::Distance kind, bool normalize) {
  const int64_t batch = student.size(0), tokens = student.size(1),
                width = student.size(2);
  double sum = 0;
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t n = 0; n < tokens; ++n) {
      const at::Tensor s = student[b][n], t = teacher[b][n];
      double of_token = 0, cosine = 0;
      for (int64_t d = 0; d < width; ++d) {
        const double x = s[d].item<double>() / (normalize ? Norm(s) : 1);
        const double y = t[d].item<double>() / (normalize ? Norm(t) : 1);
        const double distance = std::abs(x - y);
        of_token +=
            kind == DistillationSpec::SMOOTH_L1
                ? (distance < 1 ? distance * distance / 2 : distance - 0.5)
                : distance;
        cosine += s[d].item<double>() * t[d].item<double>();
      }
      sum += kind == DistillationSpec::COSINE
                 ? 1 - cosine / (Norm(s) * Norm(t))
                 : of_token / static_cast<double>(width);
    }
  }
  return sum / static_cast<double>(batch * tokens);
}

TEST(FeatureDistillation, EveryKindEqualsTheLoop) {
  const at::Tensor student = vit::Normal({2, 3, 4}, 1);
  const at::Tensor teacher = 2 * vit::Normal({2, 3, 4}, 2);
  for (const DistillationSpec::Distance kind : kDistances) {
    for (const bool normalize : {false, true}) {
      EXPECT_NEAR(
          FeatureDistillation(student, teacher, kind, normalize).item<double>(),
          SlowDistillation(student, teacher, kind, normalize), 1e-14);
    }
  }
}

TEST(FeatureDistillation, GradientsAreTheDerivatives) {
  const at::Tensor teacher = vit::Normal({2, 2, 3}, 4);
  for (const DistillationSpec::Distance kind : kDistances) {
    for (const bool normalize : {false, true}) {
      const at::Tensor student = vit::Normal({2, 2, 3}, 3).requires_grad_();
      vit::ExpectGradients(
          [&] {
            return FeatureDistillation(student, teacher, kind, normalize);
          },
          {{"student", student}});
    }
  }
}

TEST(FeatureDistillation, NothingReachesTheTeacher) {
  at::Tensor student = vit::Normal({1, 2, 3}, 5).requires_grad_();
  at::Tensor teacher = vit::Normal({1, 2, 3}, 6).requires_grad_();
  for (const DistillationSpec::Distance kind : kDistances) {
    FeatureDistillation(student, teacher, kind, /*normalize=*/true).backward();
  }
  EXPECT_TRUE(student.grad().defined());
  EXPECT_FALSE(teacher.grad().defined());
}

TEST(FeatureDistillation, TheTeachersFeaturesCostNothing) {
  const at::Tensor teacher = vit::Normal({2, 3, 4}, 7);
  for (const DistillationSpec::Distance kind : kDistances) {
    const double loss =
        FeatureDistillation(teacher, teacher, kind, true).item<double>();
    EXPECT_NEAR(loss, 0, 1e-15);
  }
}

TEST(FeatureDistillation, TokensOfZerosHaveFiniteGradients) {
  const at::Tensor teacher = vit::Normal({1, 2, 3}, 8);
  for (const DistillationSpec::Distance kind : kDistances) {
    at::Tensor zeros = at::zeros({1, 2, 3}, at::kDouble).requires_grad_();
    FeatureDistillation(zeros, teacher, kind, true).backward();
    EXPECT_TRUE(zeros.grad().isfinite().all().item<bool>());
  }
}

TEST(FeatureDistillation, HalvesAreComputedInFloatAndShapesMustAgree) {
  const at::Tensor half = vit::Normal({2, 3, 4}, 9).to(at::kBFloat16);
  EXPECT_EQ(FeatureDistillation(half, half, DistillationSpec::L1, false)
                .scalar_type(),
            at::kFloat);
  EXPECT_THROW(FeatureDistillation(half, half.slice(1, 0, 1),
                                   DistillationSpec::L1, false),
               c10::Error);
}

}  // namespace
}  // namespace caldera::ssl
