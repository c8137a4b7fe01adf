#include "eval/diagnostics/spectrum.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "eval/features/column_moments.h"

namespace caldera::eval {
namespace {

constexpr double kRankMeEpsilon = 1e-7;
constexpr int64_t kRowsAtATime = 1 << 14;

// Returns the eigenvalues of sum_i (z_i - shift)(z_i - shift)^T, double [D],
// largest first; rounding below 0 is clamped.
at::Tensor GramSpectrum(const at::Tensor& features, const at::Tensor& shift) {
  const int64_t rows = features.size(0), width = features.size(1);
  at::Tensor gram = at::zeros({width, width}, shift.options());
  for (int64_t first = 0; first < rows; first += kRowsAtATime) {
    const at::Tensor part =
        features.narrow(0, first, std::min(kRowsAtATime, rows - first))
            .to(at::kDouble) -
        shift;
    gram.add_(at::mm(part.t(), part));
  }
  return at::linalg_eigvalsh(gram).flip({0}).clamp_min(0);
}

}  // namespace

double RankMe(const at::Tensor& features) {
  const at::Tensor shift =
      at::zeros({features.size(1)}, features.options().dtype(at::kDouble));
  const at::Tensor s = GramSpectrum(features, shift).sqrt();  // [D]
  const double total = s.sum().item<double>();
  if (total == 0) return 0;
  const at::Tensor p = s / total + kRankMeEpsilon;
  return p.mul(p.log()).sum().neg().exp().item<double>();
}

at::Tensor CovarianceSpectrum(const at::Tensor& features) {
  return GramSpectrum(features, ColumnMean(features)) / features.size(0);
}

}  // namespace caldera::eval
