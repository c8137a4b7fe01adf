// MAGMA's manifold loss of one pair of layers, with its gradient in closed
// form (Dondera, Singh, Jamali-Rad: "MAGMA", WACV 2025, arXiv 2412.02871).
//
//   at::Tensor loss = magma::ManifoldLoss(x, y, {});  // x, y: [B, D] features
//   loss.backward();                                  // into both layers
//
// With d_ij = |x_i - x_j|^2, gamma = the unbiased standard deviation of the
// non-zero d_ij, W_ij = exp(-s d_ij / gamma) off the diagonal and 0 on it,
// deg_i = 1e-4 + sum_j W_ij, S = deg^-1/2 W deg^-1/2:
//
//   loss = trace(Y^T (I - S) Y) / B^2
//
// Caveats.
// * The gradients are computed in the forward pass and kept as two [B, D]
//   tensors: nothing of size B x B outlives the call. Under at::NoGradGuard
//   only the loss is computed.
// * Everything runs in fp32 at least (fp64 for fp64 features), outside
//   autocast and TF32; gradients come back in the features' type.
// * There is no second derivative: asking for one throws c10::Error.
// * The value shrinks as 1 / B with the batch, as the paper's does.
// * Where distances vary little against their mean (isotropic features of many
//   dimensions), all W_ij underflow and the loss turns into |Y|^2 / B^2, a
//   norm penalty. ManifoldDiagnostics::mean_degree below 1e-4 tells.
// * No call waits for the device, so a CUDA graph can capture the step.
#ifndef CALDERA_MAGMA_MANIFOLD_LOSS_H_
#define CALDERA_MAGMA_MANIFOLD_LOSS_H_

#include <ATen/core/Tensor.h>

#include <optional>

namespace caldera::magma {

// Added to every degree (the authors' code; the paper does not mention it).
inline constexpr double kDegreeFloor = 1e-4;

// The defaults are the paper's.
struct ManifoldLossOptions {
  double rbf_scale = 1;               // s > 0
  std::optional<double> fixed_gamma;  // > 0: in place of the batch's gamma
};

// What the loss saw. Tensors of shape [] on the features' device, without
// gradient; reading one waits for the device.
struct ManifoldDiagnostics {
  at::Tensor bandwidth;          // gamma, in squared units of x
  at::Tensor mean_degree;        // of sum_j W_ij, the floor left out
  at::Tensor min_degree;         // likewise
  at::Tensor share_below_floor;  // share of the rows whose sum is < 1e-4
  at::Tensor mean_kernel;        // of W_ij off the diagonal
};

// The loss, a scalar (fp64 if x or y is, else fp32). `x`: [B, D] features of
// the reference layer; `y`: [B, D'] of the target layer; floating point, on one
// device. Shapes, types or options that break this throw c10::Error.
// `diagnostics`, where given, is filled; it costs a few passes over B x B.
//
// Degenerate batches, all with finite gradients:
// * B = 1: the loss is 0, and so are the gradients (there is no manifold).
// * Rows that are equal bit for bit: their zero distances are left out of
//   gamma and have W = 1, as in the authors' code.
// * All rows equal: every W_ij is 1, dx is 0. (The authors' code: NaN.)
// * All non-zero distances equal, as with B = 2: gamma is 0; the limit of
//   W = exp(-d / gamma) is 0, so the loss is |Y|^2 / B^2 (with equal rows
//   still W = 1 among them) and dx is 0. (The authors' code: NaN.)
// A NaN or an infinity anywhere in x or y makes the loss and both gradients
// NaN.
at::Tensor ManifoldLoss(const at::Tensor& x, const at::Tensor& y,
                        const ManifoldLossOptions& options,
                        ManifoldDiagnostics* diagnostics = nullptr);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_MANIFOLD_LOSS_H_
