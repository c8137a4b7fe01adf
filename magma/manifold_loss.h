// Computes MAGMA's manifold loss of one pair of layers, with its gradient in
// closed form (Dondera, Singh, Jamali-Rad: "MAGMA", WACV 2025, arXiv
// 2412.02871).
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
// ManifoldLossOptions has other bandwidths, Laplacians and sparser kernels.
//
// Caveats.
// * The gradients are computed in the forward pass and kept as two [B, D]
//   tensors: nothing of size B x B outlives the call. Under at::NoGradGuard
//   only the loss is computed.
// * Everything runs in fp32 at least (fp64 for fp64 features and for up to 32
//   rows), outside autocast and TF32; the gradients have the features' type.
//   fp16 gradients of 1 / B^2 need the usual loss scaling.
// * There is no second derivative: asking for one throws c10::Error.
// * The value shrinks as 1 / B with the batch, as the paper's does.
// * Where distances vary little against their mean (isotropic features of many
//   dimensions), all W_ij vanish and the loss turns into |Y|^2 / B^2, a norm
//   penalty. ManifoldDiagnostics::mean_degree is then below 1e-4; the
//   bandwidths other than kBatchStd prevent it.
// * The CPU's reduced-precision products
//   (at::Context::setFloat32MatmulPrecision) are a global setting that is not
//   overridden here.
// * No call waits for the device, so a CUDA graph can capture the step.
#ifndef CALDERA_MAGMA_MANIFOLD_LOSS_H_
#define CALDERA_MAGMA_MANIFOLD_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "magma/exchange.h"
#include "magma/manifold_diagnostics.h"
#include "magma/manifold_loss_options.h"

namespace caldera::magma {

// Returns the loss, a scalar (fp64 if x or y is, else fp32). `x`: [B, D]
// features of the reference layer; `y`: [B, D'] of the target layer; both
// floating point and on one device. Other shapes, types or options throw
// c10::Error. `diagnostics`, where given, is filled at the cost of a few passes
// over B x B and two matrix products.
//
// Degenerate batches have finite gradients. With the default options:
// * B = 1: the loss is 0, and so are the gradients (there is no manifold).
// * Rows that are equal bit for bit: gamma does not count their zero distances,
//   and W is 1, as in the authors' code.
// * All rows equal: every W_ij is 1, dx is 0. (The authors' code: NaN.)
// * All non-zero distances equal, as with B = 2: gamma is 0; the limit of
//   W = exp(-d / gamma) is 0, so the loss is |Y|^2 / B^2 (with equal rows
//   still W = 1 among them) and dx is 0. (The authors' code: NaN.)
//
// With an `exchange` of P processes, x and y are the rows of this process, the
// same number on each, and the loss is that of all B = P b rows, equal on each.
// The gradients are P times those of this process's rows: the mean over
// processes of the parameters' gradients is then the gradient of the loss. No
// process sends a gradient of features to another. For bandwidths that are sums
// (batch_std, batch_mean, fixed) each process computes its own rows of the B x
// B work where that saves time; for the others it computes all rows.
//
// A NaN or an infinity anywhere in x or y makes the loss and both gradients
// NaN.
at::Tensor ManifoldLoss(const at::Tensor& x, const at::Tensor& y,
                        const ManifoldLossOptions& options,
                        ManifoldDiagnostics* diagnostics = nullptr,
                        const Exchange& exchange = {});

// Returns the FLOP of the loss's matrix products, two a multiply-add, for
// features [batch, dim] of both layers in one process without diagnostics: 8
// B^2 D with the paper's options. All products are in the forward pass.
// with_gradient: the features require a gradient.
int64_t ManifoldLossFlop(const ManifoldLossOptions& options, int64_t batch,
                         int64_t dim, bool with_gradient);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_MANIFOLD_LOSS_H_
