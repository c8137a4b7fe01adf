#include "magma/bandwidth.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/median.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <limits>

namespace caldera::magma {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// This is below any bandwidth that is meaningful at unit scale after rounding.
constexpr double kSmallestGamma = 1e-30;

at::Tensor BatchStd(const SquaredDistances& distances, const at::Tensor& mean,
                    const at::Tensor& count, const RowBlock& rows,
                    at::Tensor& scratch) {
  at::sub_out(scratch, distances.values, mean);  // [b, B]
  scratch.mul_(distances.different).square_();   // [b, B]
  const at::Tensor gamma =
      (rows.Sum(scratch.sum()) / (count - 1).clamp_min(1)).sqrt();  // []
  // Where all distances are equal, gamma is 0 or rounding noise.
  const double epsilon = scratch.scalar_type() == at::kDouble
                             ? std::numeric_limits<double>::epsilon()
                             : std::numeric_limits<float>::epsilon();
  return at::maximum(gamma, mean * epsilon);
}

// Returns the lower median of the distances between different rows. at::median
// cannot skip entries and takes the middle one of all, so half of the zero
// distances are set below everything and half above. A zero distance has its
// mirror image across the diagonal; on the diagonal, even rows are set below.
// So the middle entry is the lower median of the rest whether B is even or odd.
at::Tensor Median(const SquaredDistances& distances, const at::Tensor& count,
                  at::Tensor& scratch) {
  const at::Tensor equal = distances.different == 0;  // [B, B] bool
  const at::Tensor row = at::arange(equal.size(0), scratch.options());  // [B]
  const at::Tensor above =
      (row + row.remainder(2) - 0.5).unsqueeze(1) > row.unsqueeze(0);
  scratch.copy_(distances.values);
  scratch.masked_fill_(equal & above, kInfinity);
  scratch.masked_fill_(equal & ~above, -kInfinity);
  const at::Tensor median = scratch.median();  // []
  return at::where(count > 0, median, 0);
}

void NearestNeighbours(const SquaredDistances& distances, int64_t neighbours,
                       at::Tensor& scratch, Bandwidth& bandwidth) {
  scratch.copy_(distances.values);
  scratch.masked_fill_(distances.different == 0, kInfinity);
  const int64_t k = std::min(neighbours, scratch.size(0) - 1);
  const auto [nearest, rows] =
      scratch.topk(k, /*dim=*/1, /*largest=*/false);  // [B, k], ascending
  const at::Tensor found =
      (nearest < kInfinity).sum(1, /*keepdim=*/true);  // [B, 1]
  const at::Tensor last = (found - 1).clamp_min(0);    // [B, 1]
  // A row that equals all others has no distance that could be divided.
  bandwidth.gamma =
      at::where(found > 0, nearest.gather(1, last), 1).squeeze(1);  // [B]
  bandwidth.neighbour = rows.gather(1, last).squeeze(1);            // [B]
}

}  // namespace

bool ByBlocksOfRows(const ManifoldLossOptions& options) {
  if (options.kernel_neighbours > 0) return false;
  return options.fixed_gamma.has_value() ||
         options.bandwidth == BandwidthKind::kBatchStd ||
         options.bandwidth == BandwidthKind::kBatchMean;
}

Bandwidth MeasureBandwidth(const SquaredDistances& distances,
                           const ManifoldLossOptions& options,
                           const at::Tensor& scale, const RowBlock& rows,
                           at::Tensor& scratch) {
  Bandwidth result;
  if (options.fixed_gamma.has_value()) {
    result.gamma = scale.reciprocal() * *options.fixed_gamma / scale;
    result.gamma.clamp_min_(kSmallestGamma);
    return result;
  }
  const std::vector<at::Tensor> sums =
      rows.Sum({distances.values.sum(), distances.different.sum()});
  result.count = sums[1];
  const at::Tensor mean = sums[0] / result.count.clamp_min(1);  // []
  switch (options.bandwidth) {
    case BandwidthKind::kBatchStd:
      result.mean = mean;
      result.gamma = BatchStd(distances, mean, result.count, rows, scratch);
      break;
    case BandwidthKind::kBatchMean:
      result.gamma = result.mean = mean;
      break;
    case BandwidthKind::kMedian:
      result.gamma = Median(distances, result.count, scratch);
      break;
    case BandwidthKind::kNearestNeighbours:
      NearestNeighbours(distances, options.bandwidth_neighbours, scratch,
                        result);
      break;
  }
  result.gamma = result.gamma.clamp_min(kSmallestGamma);
  return result;
}

void DivideByBandwidth(const at::Tensor& matrix, const Bandwidth& bandwidth,
                       double factor, at::Tensor& out) {
  if (!bandwidth.by_row()) {
    at::mul_out(out, matrix, bandwidth.gamma.reciprocal() * factor);
    return;
  }
  const at::Tensor inverse = bandwidth.gamma.rsqrt();  // [B]
  at::mul_out(out, matrix, inverse.unsqueeze(1) * factor);
  out.mul_(inverse.unsqueeze(0));
}

// With b = gamma, dL/dd_ij gains dL/db db/dd_ij. W depends on d / b alone, so
// dL/db = -sum_ij (dL/dd_ij) d_ij / b. `t` is b dL/dd.
void AddBandwidthGradient(const Bandwidth& bandwidth,
                          const ManifoldLossOptions& options,
                          const RowBlock& rows, SquaredDistances& distances,
                          at::Tensor& t, at::Tensor& scratch) {
  if (options.detach_bandwidth || options.fixed_gamma.has_value()) return;
  at::Tensor& d = distances.values;
  at::mul_out(scratch, t, d);  // [B, B]
  if (bandwidth.by_row()) {
    // db_ij/de_i = b_ij / 2 e_i holds for row i and for column i.
    const at::Tensor half =
        scratch.sum(1, /*keepdim=*/true) / bandwidth.gamma.unsqueeze(1) * -0.5;
    // Rows that equal the neighbour share the gradient; adding both halves
    // keeps t symmetric.
    scratch.copy_(1 - distances.different.index_select(0, bandwidth.neighbour));
    scratch.mul_(half / scratch.sum(1, /*keepdim=*/true));  // [B, B]
    t.add_(scratch).add_(scratch.t());
    return;
  }
  const at::Tensor c = -rows.Sum(scratch.sum()) / bandwidth.gamma;  // []
  switch (options.bandwidth) {
    case BandwidthKind::kBatchStd:
      // db/dd_ij = (d_ij - mean) / ((n - 1) b); b^2 alone would underflow. For
      // equal rows this summand is later multiplied by x_i - x_j = 0.
      t.addcmul_(d.sub_(bandwidth.mean),
                 c / bandwidth.gamma / (bandwidth.count - 1).clamp_min(1));
      break;
    case BandwidthKind::kBatchMean:
      t.addcmul_(distances.different, c / bandwidth.count.clamp_min(1));
      break;
    case BandwidthKind::kMedian: {
      scratch.copy_(at::eq(d, bandwidth.gamma)).mul_(distances.different);
      // Both halves are used, because rounding may leave the median in one of
      // them only.
      const at::Tensor share = c / scratch.sum().clamp_min(1) / 2;
      t.addcmul_(scratch, share).addcmul_(scratch.t(), share);
      break;
    }
    case BandwidthKind::kNearestNeighbours:
      break;  // returned above: by row
  }
}

}  // namespace caldera::magma
