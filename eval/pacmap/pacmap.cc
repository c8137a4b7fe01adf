#include "eval/pacmap/pacmap.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "eval/pacmap/pairs.h"
#include "eval/pca.h"

namespace caldera::eval {
namespace {

// Fewer points have no six mid-near candidates beside their partners.
constexpr int64_t kFewestRows = 12;
constexpr int64_t kWidest = 100;  // wider features are reduced to it

absl::Status Check(const at::Tensor& features, const PacmapOptions& options) {
  if (features.dim() != 2 || features.size(0) < kFewestRows ||
      features.size(1) < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "features: PaCMAP needs at least ", kFewestRows,
        " rows of at least one column, got ",
        features.dim() == 2
            ? absl::StrCat(features.size(0), " x ", features.size(1))
            : absl::StrCat(features.dim(), " dimensions")));
  }
  const at::Tensor bad = at::isfinite(features).all(1).logical_not();  // [N]
  if (bad.any().item<bool>()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "features: row ", bad.to(at::kByte).argmax().item<int64_t>(),
        " is not finite"));
  }
  if (options.neighbours < 0 || !(options.mn_ratio >= 0) ||
      !(options.fp_ratio >= 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "neighbours: ", options.neighbours, ", mn_ratio: ", options.mn_ratio,
        ", fp_ratio: ", options.fp_ratio, "; none of them may be below 0"));
  }
  return absl::OkStatus();
}

// x [N, D] in the package's units, and where the plane starts, [N, 2].
struct Prepared {
  at::Tensor x, start;
};

Prepared Prepare(const at::Tensor& features) {
  const at::Tensor rows = features.cpu().to(at::kDouble);  // [N, D]
  Prepared out;
  if (rows.size(1) > kWidest) {
    out.x = Project(PrincipalComponents(rows, kWidest), rows);  // [N, 100]
    out.start = out.x.slice(1, 0, 2);
  } else {
    const at::Tensor shifted = rows - rows.min();
    const double range = shifted.max().item<double>();
    const at::Tensor scaled = shifted / (range > 0 ? range : 1);
    out.x = scaled - scaled.mean(0);  // [N, D]
    const int64_t k = std::min<int64_t>(2, rows.size(1));
    out.start = at::zeros({rows.size(0), 2}, at::kDouble);
    out.start.slice(1, 0, k).copy_(
        Project(PrincipalComponents(out.x, k), out.x));
  }
  out.x = out.x.to(at::kFloat).contiguous();
  out.start = (0.01 * out.start).to(at::kFloat).contiguous();
  return out;
}

}  // namespace

absl::StatusOr<at::Tensor> Pacmap(const at::Tensor& features,
                                  const PacmapOptions& options) {
  RETURN_IF_ERROR(Check(features, options));
  const Prepared prepared = Prepare(features);
  const int64_t n = features.size(0);
  const PairCounts counts =
      CountsFor(n, options.neighbours, options.mn_ratio, options.fp_ratio);
  const PacmapPairs pairs = ChoosePairs(
      prepared.x, counts, {options.exact_up_to, options.seed}, options.seed);
  const float* start = prepared.start.const_data_ptr<float>();
  std::vector<float> y(start, start + 2 * n);
  LayOut(pairs, options.layout, y);
  at::Tensor plane = at::empty({n, 2}, at::kFloat);
  std::copy(y.begin(), y.end(), plane.mutable_data_ptr<float>());
  return plane;
}

}  // namespace caldera::eval
