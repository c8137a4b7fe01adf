// Compares MAGMA's manifold loss with the authors' own numbers.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/match.h"
#include "magma/manifold_loss.h"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

struct Tolerances {
  at::ScalarType type;
  double value, gradient;
};

magma::ManifoldLossOptions Options(const GoldenFile& file) {
  magma::ManifoldLossOptions options;
  options.rbf_scale = file.Scalar("rbf_scale");
  const double fixed = file.Scalar("fixed_gamma");
  if (fixed != 0) options.fixed_gamma = fixed;
  return options;
}

// Compares gradients: all rows, or 32 of the rows and the norms of all.
void ExpectGradient(const GoldenFile& file, const std::string& name,
                    const at::Tensor& gradient, double tolerance) {
  if (file.Has(name)) {
    EXPECT_LT(RelativeError(gradient, file[name]), tolerance) << name;
    return;
  }
  const at::Tensor rows = gradient.index_select(0, file["rows"]);
  EXPECT_LT(RelativeError(rows, file[name + "_rows"]), tolerance) << name;
  const at::Tensor norms = gradient.to(at::kDouble).norm(2, 1);
  EXPECT_LT(RelativeError(norms, file[name + "_norm"]), tolerance) << name;
}

void CheckPair(const GoldenFile& file, const Tolerances& tolerances) {
  SCOPED_TRACE(file.name());
  at::Tensor x = file["X"].to(tolerances.type).clone().requires_grad_();
  at::Tensor y = file["Y"].to(tolerances.type).clone().requires_grad_();
  magma::ManifoldDiagnostics seen;
  const at::Tensor loss = magma::ManifoldLoss(x, y, Options(file), &seen);
  loss.backward();
  if (absl::EndsWith(file.name(), "_nan")) {
    // The authors' code fails here: where it returns NaN, ours must not.
    EXPECT_TRUE(std::isfinite(loss.item<double>()));
    EXPECT_TRUE(x.grad().isfinite().all().item<bool>());
    EXPECT_TRUE(y.grad().isfinite().all().item<bool>());
    return;
  }
  EXPECT_LT(RelativeError(loss, file["loss"]), tolerances.value);
  if (file.Scalar("fixed_gamma") == 0) {
    EXPECT_LT(RelativeError(seen.bandwidth, file["gamma"]), tolerances.value);
  }
  const double mean_degree =
      file["deg"].mean().item<double>() - magma::kDegreeFloor;
  EXPECT_NEAR(seen.mean_degree.item<double>(), mean_degree,
              tolerances.value * std::max(1.0, std::abs(mean_degree)));
  ExpectGradient(file, "dX", x.grad(), tolerances.gradient);
  ExpectGradient(file, "dY", y.grad(), tolerances.gradient);
}

// Compares the terms of layers X0 X1 X2 with one Y, and the gradients of their
// mean.
void CheckPairs(const GoldenFile& file, const Tolerances& tolerances) {
  SCOPED_TRACE(file.name());
  at::Tensor y = file["Y"].to(tolerances.type).clone().requires_grad_();
  std::vector<at::Tensor> xs;
  at::Tensor sum = at::zeros({}, tolerances.type);
  for (int k = 0; file.Has("X" + std::to_string(k)); ++k) {
    xs.push_back(file["X" + std::to_string(k)]
                     .to(tolerances.type)
                     .clone()
                     .requires_grad_());
    const at::Tensor term = magma::ManifoldLoss(xs.back(), y, {});
    EXPECT_LT(RelativeError(term, file["terms"][k]), tolerances.value);
    sum = sum + term;
  }
  ASSERT_GT(xs.size(), 1);
  EXPECT_LT(RelativeError(sum, file["loss_sum"]), tolerances.value);
  const at::Tensor mean = sum / static_cast<double>(xs.size());
  EXPECT_LT(RelativeError(mean, file["loss_mean"]), tolerances.value);
  mean.backward();
  EXPECT_LT(RelativeError(y.grad(), file["dY_mean"]), tolerances.gradient);
  for (size_t k = 0; k < xs.size(); ++k) {
    EXPECT_LT(
        RelativeError(xs[k].grad(), file["dX" + std::to_string(k) + "_mean"]),
        tolerances.gradient);
  }
}

void CheckFamily(const Tolerances& tolerances) {
  for (const GoldenFile& file : GoldenFamily("magma_reg_")) {
    if (file.Has("X")) {
      CheckPair(file, tolerances);
    } else {
      CheckPairs(file, tolerances);
    }
  }
}

// Gradients that the goldens store in F32 limit the double comparison to 1e-7.
TEST(MagmaGoldens, Double) { CheckFamily({at::kDouble, 1e-9, 1e-7}); }

TEST(MagmaGoldens, Float) { CheckFamily({at::kFloat, 1e-5, 1e-5}); }

}  // namespace
}  // namespace caldera
