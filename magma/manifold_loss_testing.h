// Made-up features, and losses with their gradients, for the tests of the
// manifold loss.
//
//   Result ours = Ours(Features(16, 12, 1), Features(16, 12, 2));
//   EXPECT_LT(Error(ours.dx, Reference(x, y).dx), 1e-11);
#ifndef CALDERA_MAGMA_MANIFOLD_LOSS_TESTING_H_
#define CALDERA_MAGMA_MANIFOLD_LOSS_TESTING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "magma/manifold_loss_options.h"

namespace caldera::magma {

struct Result {
  at::Tensor loss;    // []
  at::Tensor dx, dy;  // [B, D], [B, D']
};

// Returns ManifoldLoss and its gradients.
Result Ours(const at::Tensor& x, const at::Tensor& y,
            const ManifoldLossOptions& options = {});

// Returns ManifoldLossReference and its gradients, in double whatever the
// types.
Result Reference(const at::Tensor& x, const at::Tensor& y,
                 const ManifoldLossOptions& options = {});

// Returns true if the loss and both gradients are finite.
bool AllFinite(const Result& result);

// Returns |a - b| / |b| in 2-norms.
double Error(const at::Tensor& a, const at::Tensor& b);

// Returns [rows, width] in double: points near a curved sheet of three
// dimensions, whose distances vary like those of features. fp16 represents the
// numbers exactly.
at::Tensor Features(int64_t rows, int64_t width, uint64_t seed);

// Return the default options with another rbf_scale, or a fixed gamma.
ManifoldLossOptions Scale(double rbf_scale);
ManifoldLossOptions Fixed(double gamma, double rbf_scale = 1);

struct NamedOptions {
  std::string name;
  ManifoldLossOptions options;
};

// Returns every bandwidth, learned and detached, with every Laplacian, dense
// and sparse; a fixed bandwidth; and more neighbours than rows.
std::vector<NamedOptions> AllOptions();

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_MANIFOLD_LOSS_TESTING_H_
