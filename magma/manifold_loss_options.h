// The options of the manifold loss (manifold_loss.h). The defaults are the
// paper's: arXiv 2412.02871.
//
//   ManifoldLossOptions options;
//   options.bandwidth = BandwidthKind::kNearestNeighbours;
#ifndef CALDERA_MAGMA_MANIFOLD_LOSS_OPTIONS_H_
#define CALDERA_MAGMA_MANIFOLD_LOSS_OPTIONS_H_

#include <cstdint>
#include <optional>

namespace caldera::magma {

// This floor is added to every degree that is a divisor (the authors' code; the
// paper does not mention it).
inline constexpr double kDegreeFloor = 1e-4;

// The kinds of gamma, the divisor of the squared distances d_ij in the kernel.
// None counts the zero distances of equal rows.
enum class BandwidthKind {
  // The unbiased standard deviation of the d_ij: the paper's. For isotropic
  // features in many dimensions it is so far below the mean of the d_ij that
  // the kernel vanishes; the other kinds scale with the d_ij themselves.
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

// The kinds of Lap in trace(Y^T Lap Y), for the kernel W and its row sums D =
// diag(sum_j W_ij).
enum class LaplacianKind {
  kSymmetric,     // I - (D + floor)^-1/2 W (D + floor)^-1/2: the paper's
  kUnnormalized,  // D - W, which no constant added to Y changes
  kRandomWalk,    // I - (D + floor)^-1 W
};

struct ManifoldLossOptions {
  double rbf_scale = 1;  // s in W_ij = exp(-s d_ij / gamma_ij), above 0
  BandwidthKind bandwidth = BandwidthKind::kBatchStd;
  // If set, gamma is this number, above 0 and in squared units of x, and
  // `bandwidth` has no effect.
  std::optional<double> fixed_gamma;
  int64_t bandwidth_neighbours = 7;  // k of kNearestNeighbours, at least 1
  bool detach_bandwidth = false;     // no gradient through gamma
  // If k > 0, W_ij stays only where i is among the k nearest rows of j, or j
  // among those of i (rows at equal distance count as one). The choice has no
  // gradient.
  int64_t kernel_neighbours = 0;
  LaplacianKind laplacian = LaplacianKind::kSymmetric;
  bool detach_reference = false;  // no gradient into x
};

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_MANIFOLD_LOSS_OPTIONS_H_
