// Compares NT-Xent and VICReg with the authors' numbers.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "ssl/losses/nt_xent.h"
#include "ssl/losses/vicreg.h"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

struct Tolerances {
  at::ScalarType type;
  double value, gradient;
};

constexpr Tolerances kDouble{at::kDouble, 1e-12, 1e-11};
constexpr Tolerances kFloat{at::kFloat, 1e-5, 1e-5};

// Makes a leaf of its own for every loss.
at::Tensor View(const GoldenFile& file, const char* name,
                const Tolerances& tolerances) {
  return file[name].to(tolerances.type).clone().requires_grad_();
}

bool AllDiffer(const at::Tensor& indexes) {
  std::set<int64_t> seen;
  for (int64_t i = 0; i < indexes.size(0); ++i) {
    seen.insert(indexes[i].item<int64_t>());
  }
  return seen.size() == static_cast<size_t>(indexes.size(0));
}

void CheckNtXent(const GoldenFile& file, const Tolerances& tolerances,
                 const std::optional<at::Tensor>& ids) {
  SCOPED_TRACE(file.name());
  const at::Tensor z1 = View(file, "z1", tolerances);
  const at::Tensor z2 = View(file, "z2", tolerances);
  const at::Tensor loss = ssl::NtXent(z1, z2, file.Scalar("temperature"), ids);
  loss.backward();
  EXPECT_LT(RelativeError(loss, file["loss"]), tolerances.value);
  EXPECT_LT(RelativeError(z1.grad(), file["dz1"]), tolerances.gradient);
  EXPECT_LT(RelativeError(z2.grad(), file["dz2"]), tolerances.gradient);
}

TEST(LossGoldens, NtXent) {
  for (const GoldenFile& file : GoldenFamily("simclr_")) {
    for (const Tolerances& tolerances : {kDouble, kFloat}) {
      CheckNtXent(file, tolerances, file["indexes"]);
      if (AllDiffer(file["indexes"])) {
        CheckNtXent(file, tolerances, std::nullopt);
      }
    }
  }
}

void CheckVicReg(const GoldenFile& file, const Tolerances& tolerances) {
  SCOPED_TRACE(file.name());
  const at::Tensor z1 = View(file, "z1", tolerances);
  const at::Tensor z2 = View(file, "z2", tolerances);
  const ssl::VicRegTerms terms = ssl::VicReg(z1, z2);
  EXPECT_LT(RelativeError(terms.invariance, file["invariance"]),
            tolerances.value);
  EXPECT_LT(RelativeError(terms.variance, file["variance"]), tolerances.value);
  EXPECT_LT(RelativeError(terms.covariance, file["covariance"]),
            tolerances.value);
  const at::Tensor weights = file["weights"].to(tolerances.type);
  const at::Tensor loss = weights[0] * terms.invariance +
                          weights[1] * terms.variance +
                          weights[2] * terms.covariance;
  loss.backward();
  EXPECT_LT(RelativeError(loss, file["loss"]), tolerances.value);
  EXPECT_LT(RelativeError(z1.grad(), file["dz1"]), tolerances.gradient);
  EXPECT_LT(RelativeError(z2.grad(), file["dz2"]), tolerances.gradient);
}

TEST(LossGoldens, VicReg) {
  for (const GoldenFile& file : GoldenFamily("vicreg_")) {
    CheckVicReg(file, kDouble);
    CheckVicReg(file, kFloat);
  }
}

}  // namespace
}  // namespace caldera
