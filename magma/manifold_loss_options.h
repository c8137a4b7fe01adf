// The choices of the manifold loss (manifold_loss.h). Untouched, they are the
// paper's: arXiv 2412.02871.
//
//   ManifoldLossOptions options;
//   options.bandwidth = BandwidthKind::kNearestNeighbours;
#ifndef CALDERA_MAGMA_MANIFOLD_LOSS_OPTIONS_H_
#define CALDERA_MAGMA_MANIFOLD_LOSS_OPTIONS_H_

#include <cstdint>
#include <optional>

namespace caldera::magma {

// Added to every degree that is divided by (the authors' code; the paper does
// not mention it).
inline constexpr double kDegreeFloor = 1e-4;

// gamma, the divisor of the squared distances d_ij in the kernel. Zero
// distances of equal rows are left out of each of them.
enum class BandwidthKind {
  // Unbiased standard deviation of the d_ij: the paper's. Of isotropic
  // features in many dimensions it is so far below the mean of the d_ij that
  // the kernel vanishes; the others scale with the d_ij themselves.
  kBatchStd,
  kBatchMean,
  // The lower median. Its gradient reaches the pairs that attain it.
  kMedian,
  // gamma_ij = sqrt(e_i e_j), where e_i is the k-th smallest of the row's
  // distances (its largest if it has fewer): self-tuning spectral clustering,
  // Zelnik-Manor and Perona, NIPS 2004, section 2. Equal rows share its
  // gradient.
  kNearestNeighbours,
};

// Lap in trace(Y^T Lap Y), of the kernel W and its row sums D = diag(sum_j
// W_ij).
enum class LaplacianKind {
  kSymmetric,     // I - (D + floor)^-1/2 W (D + floor)^-1/2: the paper's
  kUnnormalized,  // D - W, which no constant added to Y changes
  kRandomWalk,    // I - (D + floor)^-1 W
};

struct ManifoldLossOptions {
  double rbf_scale = 1;  // s in W_ij = exp(-s d_ij / gamma_ij), above 0
  BandwidthKind bandwidth = BandwidthKind::kBatchStd;
  // Above 0: this gamma, in squared units of x, in place of `bandwidth`.
  std::optional<double> fixed_gamma;
  int64_t bandwidth_neighbours = 7;  // k of kNearestNeighbours, at least 1
  bool detach_bandwidth = false;     // no gradient through gamma
  // Above 0: W_ij stays only where i is among the so many nearest rows of j,
  // or j of i (rows equally far count as one). Which ones has no gradient.
  int64_t kernel_neighbours = 0;
  LaplacianKind laplacian = LaplacianKind::kSymmetric;
  bool detach_reference = false;  // no gradient into x
};

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_MANIFOLD_LOSS_OPTIONS_H_
