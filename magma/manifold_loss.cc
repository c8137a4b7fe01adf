#include "magma/manifold_loss.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <vector>

#include "magma/bandwidth.h"
#include "magma/laplacian.h"
#include "magma/products.h"
#include "magma/row_block.h"
#include "magma/squared_distances.h"
#include "magma/thread_team.h"

namespace caldera::magma {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kSmallBatch = 32;
constexpr int64_t kRowsOfThread = 64;

struct LossAndGradients {
  at::Tensor loss;    // []
  at::Tensor dx, dy;  // [b, D], [b, D'] of the block's rows; undefined where
                      // no gradient is wanted
};

// Returns the batch size from which a process computes only its own rows. In
// smaller batches the exchanges of a few numbers that this needs cost more than
// the work that it saves.
int64_t LeastBatchForBlocks(const at::Device& device) {
  return device.is_cpu() ? 64 : 1024;
}

double Largest(at::ScalarType type) {
  return type == at::kDouble ? std::numeric_limits<double>::max()
                             : std::numeric_limits<float>::max();
}

// Removes the far neighbours of each row from W, [B, B], in place.
void KeepNearest(const at::Tensor& d, int64_t neighbours, at::Tensor& w) {
  at::Tensor others = d.clone().fill_diagonal_(
      std::numeric_limits<double>::infinity());  // [B, B]
  const int64_t k = std::min(neighbours, d.size(0) - 1);
  const at::Tensor farthest = std::get<0>(others.topk(k, 1, /*largest=*/false))
                                  .narrow(1, k - 1, 1);  // [B, 1]
  others.reset();
  const at::Tensor beyond = d > farthest;  // [B, B], j is not one of i's
  w.masked_fill_(beyond.logical_and(beyond.t()), 0);
}

// Returns the loss, and its gradients by the closed form of the paper's term,
// generalised to the options. Up to four B x B buffers are alive at once. The
// features are those of all rows, the gradients those of the block's rows.
// Options for which ByBlocksOfRows is false need a block of all rows.
LossAndGradients Compute(const at::Tensor& x_features,
                         const at::Tensor& y_features, const RowBlock& rows,
                         const ManifoldLossOptions& options, bool wants_dx,
                         bool wants_dy, ManifoldDiagnostics* diagnostics) {
  ScaledFeatures x = ScaleFeatures(x_features);        // [B, D]
  const ScaledFeatures y = ScaleFeatures(y_features);  // [B, D']
  const at::Tensor poison = x.poison + y.poison;       // []
  LossAndGradients result;
  const int64_t batch = x_features.size(0);
  if (batch == 1) {  // no other point, no manifold
    result.loss = poison;
    if (wants_dx) result.dx = at::zeros_like(x_features) + poison;
    if (wants_dy) result.dy = at::zeros_like(y_features) + poison;
    if (diagnostics != nullptr) {
      DiagnoseManifold(at::zeros({1, 1}, x_features.options()), x.values,
                       y.values, rows, diagnostics);
      diagnostics->bandwidth = poison;
    }
    return result;
  }
  const double per_entry = 1.0 / (static_cast<double>(batch) * batch);

  SquaredDistances distances =
      ComputeSquaredDistances(x.values, rows);      // centres x
  at::Tensor w = at::empty_like(distances.values);  // [b, B]
  const Bandwidth bandwidth =
      MeasureBandwidth(distances, options, x.scale, rows, w);
  DivideByBandwidth(distances.values, bandwidth, -options.rbf_scale, w);
  w.exp_();  // [b, B]
  rows.Diagonal(w).zero_();
  if (options.kernel_neighbours > 0) {
    KeepNearest(distances.values, options.kernel_neighbours, w);
  }
  if (!wants_dx) distances = {};
  if (diagnostics != nullptr) {
    DiagnoseManifold(w, x.values, y.values, rows, diagnostics);
    diagnostics->bandwidth = bandwidth.gamma.mean() * x.scale * x.scale;
  }

  LaplacianForm form = ApplyLaplacian(options.laplacian, w, y.values, rows);
  result.loss = form.value * per_entry * y.scale * y.scale + poison;
  if (wants_dy) {
    result.dy = form.product.mul_(2 * per_entry * y.scale + poison);  // [b, D']
  }
  if (!wants_dx) return result;

  // This is T of the closed form without the factor that is the same for all
  // pairs.
  at::Tensor t =
      MinusKernelGradient(options.laplacian, form, rows).mul_(w);  // [b, B]
  if (bandwidth.by_row()) DivideByBandwidth(t, bandwidth, 1, t);
  AddBandwidthGradient(bandwidth, options, rows, distances, t, w);
  // T is exactly 0 for equal rows; otherwise rounding of x_i - x_j = 0 would be
  // divided by a gamma near 0.
  t.mul_(distances.different);
  at::Tensor factor =
      y.scale / x.scale * y.scale * (4 * per_entry * options.rbf_scale);  // []
  if (!bandwidth.by_row()) factor = factor / bandwidth.gamma;
  // The factor stays finite, so that a T of zeros results in zeros whatever the
  // scales.
  factor = factor.clamp_max(Largest(t.scalar_type())) + poison;
  rows.Diagonal(t).sub_(t.sum(1));
  result.dx = Product(t, x.values).mul_(-factor);  // (diag(T 1) - T) X, [b, D]
  return result;
}

// Computes the same from the rows of one process, [b, D] and [b, D']. The
// gradients are P times those of these rows, because they are averaged over the
// processes afterwards.
LossAndGradients ComputeTogether(const at::Tensor& x, const at::Tensor& y,
                                 const Exchange& exchange,
                                 const ManifoldLossOptions& options,
                                 bool wants_dx, bool wants_dy,
                                 ManifoldDiagnostics* diagnostics) {
  if (exchange.size == 1) {
    return Compute(x, y, RowBlock(x.size(0)), options, wants_dx, wants_dy,
                   diagnostics);
  }
  const int64_t batch = x.size(0) * exchange.size;
  const std::vector<at::Tensor> all =
      exchange.gather(at::cat({x, y}, 1))
          .split_with_sizes({x.size(1), y.size(1)}, 1);  // [B, D], [B, D']
  const RowBlock own(batch, exchange);
  const bool by_blocks =
      ByBlocksOfRows(options) && batch >= LeastBatchForBlocks(x.device());
  LossAndGradients result =
      Compute(all[0], all[1], by_blocks ? own : RowBlock(batch), options,
              wants_dx, wants_dy, diagnostics);
  for (at::Tensor* gradient : {&result.dx, &result.dy}) {
    if (!gradient->defined()) continue;
    if (!by_blocks) *gradient = own.Own(*gradient);
    *gradient = *gradient * exchange.size;
  }
  return result;
}

// Returns the number of threads that share a batch of one process: each takes
// the same number of rows, at least kRowsOfThread. It is 1 where the options
// need all rows at once, or a team would gain nothing.
int64_t TeamFor(const at::Tensor& x, const Exchange& exchange,
                const ManifoldLossOptions& options) {
  if (!x.is_cpu() || exchange.size > 1 || !ByBlocksOfRows(options)) return 1;
  int64_t size =
      std::min<int64_t>(at::get_num_threads(), x.size(0) / kRowsOfThread);
  while (size > 1 && x.size(0) % size != 0) --size;
  return std::max<int64_t>(size, 1);
}

// Runs Compute of one process on a team of threads; returns false where there
// is no such team.
bool ComputeOnTeam(int64_t size, const at::Tensor& x, const at::Tensor& y,
                   const ManifoldLossOptions& options, bool wants_dx,
                   bool wants_dy, ManifoldDiagnostics* diagnostics,
                   LossAndGradients* result) {
  std::vector<LossAndGradients> parts(size);
  std::vector<ManifoldDiagnostics> found(size);  // the same on each thread
  const bool ran = RunOnTeam(size, [&](const Exchange& exchange) {
    const RowBlock rows(x.size(0), exchange);
    parts[exchange.rank] =
        Compute(x, y, rows, options, wants_dx, wants_dy,
                diagnostics == nullptr ? nullptr : &found[exchange.rank]);
  });
  if (!ran) return false;
  const auto join = [&](at::Tensor LossAndGradients::*member) {
    std::vector<at::Tensor> rows;  // [b, D] each
    for (const LossAndGradients& part : parts) rows.push_back(part.*member);
    return rows[0].defined() ? at::cat(rows) : at::Tensor();
  };
  result->loss = parts[0].loss;
  result->dx = join(&LossAndGradients::dx);
  result->dy = join(&LossAndGradients::dy);
  if (diagnostics != nullptr) *diagnostics = found[0];
  return true;
}

// The identity, whose own gradient is an error. Gradients pass through it so
// that nobody takes them for differentiable.
class RefuseDerivative : public torch::autograd::Function<RefuseDerivative> {
 public:
  // The gradient depends on the other arguments.
  static at::Tensor forward(AutogradContext*, const at::Tensor& gradient,
                            const at::Tensor&, const at::Tensor&,
                            const at::Tensor&) {
    return gradient;
  }

  static variable_list backward(AutogradContext*, const variable_list&) {
    TORCH_CHECK(false,
                "the manifold loss has no second derivative: its gradient is "
                "in closed form and cannot itself be differentiated");
  }
};

class ManifoldLossFunction
    : public torch::autograd::Function<ManifoldLossFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& y,
                            const ManifoldLossOptions& options,
                            ManifoldDiagnostics* diagnostics,
                            const Exchange& exchange, bool wants_dx,
                            bool wants_dy) {
    at::NoGradGuard no_grad;
    const int64_t batch = x.size(0) * exchange.size;
    at::NoTF32Guard no_tf32;
    c10::impl::ExcludeDispatchKeyGuard no_autocast(
        c10::autocast_dispatch_keyset);
    const at::ScalarType type =
        x.scalar_type() == at::kDouble || y.scalar_type() == at::kDouble
            ? at::kDouble
            : at::kFloat;
    // The bandwidth of a small batch rests on few distances, and rounding in
    // them does not average out; double costs nothing there.
    const at::ScalarType work = batch <= kSmallBatch ? at::kDouble : type;
    const at::Tensor own_x = x.detach().to(work);  // [b, D]
    const at::Tensor own_y = y.detach().to(work);  // [b, D']
    LossAndGradients result;
    const int64_t team = TeamFor(own_x, exchange, options);
    if (team == 1 || !ComputeOnTeam(team, own_x, own_y, options, wants_dx,
                                    wants_dy, diagnostics, &result)) {
      const SmallWork small(batch * std::max({batch, x.size(1), y.size(1)}) <=
                            kSmallWork);
      result = ComputeTogether(own_x, own_y, exchange, options, wants_dx,
                               wants_dy, diagnostics);
    }
    context->save_for_backward({x, y, result.dx, result.dy});
    return result.loss.to(type);
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& y = saved[1];
    const at::Tensor& outer = gradients[0];  // []
    const auto chain = [&](const at::Tensor& gradient, const at::Tensor& to) {
      if (!gradient.defined()) return at::Tensor();
      at::Tensor result;
      {
        at::NoGradGuard no_grad;
        const SmallWork small(gradient.numel() <= kSmallWork);
        result = (gradient * outer).to(to.scalar_type());
      }
      if (!at::GradMode::is_enabled()) return result;
      return RefuseDerivative::apply(result, x, y, outer);
    };
    return {chain(saved[2], x), chain(saved[3], y), at::Tensor(), at::Tensor(),
            at::Tensor(),       at::Tensor(),       at::Tensor()};
  }
};

}  // namespace

at::Tensor ManifoldLoss(const at::Tensor& x, const at::Tensor& y,
                        const ManifoldLossOptions& options,
                        ManifoldDiagnostics* diagnostics,
                        const Exchange& exchange) {
  TORCH_CHECK(x.dim() == 2 && y.dim() == 2 && x.size(0) == y.size(0) &&
                  x.numel() > 0 && y.numel() > 0,
              "ManifoldLoss takes features [B, D] and [B, D'], not ", x.sizes(),
              " and ", y.sizes());
  TORCH_CHECK(x.is_floating_point() && y.is_floating_point(),
              "ManifoldLoss takes floating-point features, not ", x.dtype(),
              " and ", y.dtype());
  TORCH_CHECK(x.device() == y.device(), "ManifoldLoss: x is on ", x.device(),
              ", y on ", y.device());
  TORCH_CHECK(options.rbf_scale > 0, "rbf_scale must be above 0, is ",
              options.rbf_scale);
  TORCH_CHECK(options.fixed_gamma.value_or(1) > 0,
              "fixed_gamma must be above 0, is ",
              options.fixed_gamma.value_or(1));
  TORCH_CHECK(options.bandwidth_neighbours > 0,
              "bandwidth_neighbours must be above 0, is ",
              options.bandwidth_neighbours);
  TORCH_CHECK(options.kernel_neighbours >= 0,
              "kernel_neighbours must not be negative, is ",
              options.kernel_neighbours);
  const bool recording = at::GradMode::is_enabled();
  return ManifoldLossFunction::apply(
      x, y, options, diagnostics, exchange,
      recording && x.requires_grad() && !options.detach_reference,
      recording && y.requires_grad());
}

int64_t ManifoldLossFlop(const ManifoldLossOptions& options, int64_t batch,
                         int64_t dim, bool with_gradient) {
  if (batch < 2) return 0;
  // The product W Y, and W^T Y where the Laplacian is not symmetric.
  const int64_t sides = options.laplacian == LaplacianKind::kRandomWalk ? 2 : 1;
  int64_t products = 1 + sides;  // the distances first
  // dx needs the gradient of W and that of the distances.
  if (with_gradient && !options.detach_reference) products += sides + 1;
  return products * 2 * batch * batch * dim;
}

}  // namespace caldera::magma
