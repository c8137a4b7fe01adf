#include "magma/manifold_loss.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/count_nonzero.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>

#include "magma/squared_distances.h"

namespace caldera::magma {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Bandwidth {
  at::Tensor gamma;  // [], in units of the scaled features; above 0
  at::Tensor mean;   // [], m: mean of the non-zero distances
  at::Tensor count;  // [], n: how many there are
};

struct LossAndGradients {
  at::Tensor loss;    // []
  at::Tensor dx, dy;  // [B, D], [B, D']; undefined where not wanted
};

// Below any bandwidth that rounding leaves meaningful at unit scale.
constexpr double kSmallestGamma = 1e-30;

double Epsilon(at::ScalarType type) {
  return type == at::kDouble ? std::numeric_limits<double>::epsilon()
                             : std::numeric_limits<float>::epsilon();
}

double Largest(at::ScalarType type) {
  return type == at::kDouble ? std::numeric_limits<double>::max()
                             : std::numeric_limits<float>::max();
}

// The unbiased standard deviation of the distances outside `same`. `scratch`
// [B, B] is overwritten.
Bandwidth BatchStd(const SquaredDistances& distances, at::Tensor& scratch) {
  const at::Tensor& d = distances.values;  // [B, B]
  Bandwidth result;
  result.count =
      d.numel() - at::count_nonzero(distances.same).to(d.scalar_type());  // []
  result.mean = d.sum() / result.count.clamp_min(1);                      // []
  at::sub_out(scratch, d, result.mean);               // [B, B]
  scratch.masked_fill_(distances.same, 0).square_();  // [B, B]
  const at::Tensor gamma =
      (scratch.sum() / (result.count - 1).clamp_min(1)).sqrt();  // []
  // Where all distances are equal gamma is 0 or rounding noise. This floor
  // keeps the arithmetic finite and is low enough that W is still exactly 0.
  result.gamma = at::maximum(gamma, result.mean * Epsilon(d.scalar_type()))
                     .clamp_min(kSmallestGamma);
  return result;
}

void Diagnose(const at::Tensor& kernel, const at::Tensor& bandwidth,
              ManifoldDiagnostics* diagnostics) {
  const int64_t rows = kernel.size(0);
  const at::Tensor degrees = kernel.sum(1);  // [B]
  diagnostics->bandwidth = bandwidth;
  diagnostics->mean_degree = degrees.mean();
  diagnostics->min_degree = degrees.min();
  diagnostics->share_below_floor =
      (degrees < kDegreeFloor).to(degrees.scalar_type()).mean();
  diagnostics->mean_kernel =
      degrees.sum() /
      static_cast<double>(std::max<int64_t>(rows * (rows - 1), 1));
}

// The loss, and by the closed form its gradients. At most three B x B buffers
// are alive at once, and a mask of a byte an entry.
LossAndGradients Compute(const at::Tensor& x_features,
                         const at::Tensor& y_features,
                         const ManifoldLossOptions& options, bool wants_dx,
                         bool wants_dy, ManifoldDiagnostics* diagnostics) {
  const ScaledFeatures x = ScaleFeatures(x_features);  // [B, D]
  const ScaledFeatures y = ScaleFeatures(y_features);  // [B, D']
  const at::Tensor poison = x.poison + y.poison;       // []
  LossAndGradients result;
  const int64_t batch = x_features.size(0);
  if (batch == 1) {  // no other point, no manifold
    result.loss = poison;
    if (wants_dx) result.dx = at::zeros_like(x_features) + poison;
    if (wants_dy) result.dy = at::zeros_like(y_features) + poison;
    if (diagnostics != nullptr) {
      Diagnose(at::zeros({1, 1}, x_features.options()), poison, diagnostics);
    }
    return result;
  }
  const double per_entry = 1.0 / (static_cast<double>(batch) * batch);

  SquaredDistances distances = ComputeSquaredDistances(x.values);
  at::Tensor d = distances.values;               // [B, B]
  const at::Tensor centred = distances.centred;  // [B, D]
  at::Tensor w = at::empty_like(d);              // [B, B]
  Bandwidth bandwidth;
  if (options.fixed_gamma.has_value()) {
    bandwidth.gamma = (x.scale.reciprocal() * *options.fixed_gamma / x.scale)
                          .clamp_min(kSmallestGamma);
  } else {
    bandwidth = BatchStd(distances, w);
  }
  distances.values.reset();  // d holds it
  at::mul_out(w, d, -options.rbf_scale / bandwidth.gamma);
  w.exp_().fill_diagonal_(0);  // [B, B]
  if (diagnostics != nullptr) {
    Diagnose(w, bandwidth.gamma * x.scale * x.scale, diagnostics);
  }
  if (!wants_dx) d.reset();

  const at::Tensor degrees =
      w.sum(1, /*keepdim=*/true) + kDegreeFloor;  // [B,1]
  const at::Tensor r = degrees.rsqrt();           // [B,1]
  const at::Tensor z = y.values * r;              // [B, D']
  const at::Tensor wz = at::mm(w, z);             // [B, D']
  const at::Tensor lap_y = y.values - wz * r;     // (I - S) Y, [B, D']
  result.loss =
      (y.values * lap_y).sum() * per_entry * y.scale * y.scale + poison;
  if (wants_dy) result.dy = lap_y * (2 * per_entry * y.scale) + poison;
  if (!wants_dx) return result;

  // T of the closed form, less its factor s / (gamma B^2).
  const at::Tensor q = ((z * wz).sum(1) / degrees.squeeze(1)) * -0.5;  // [B]
  at::Tensor t = ProductPlusSides(z, z, q, q).mul_(w);                 // [B, B]
  if (!options.fixed_gamma.has_value()) {
    at::mul_out(w, t, d);
    // [], c / (gamma^2 (n - 1)); gamma^2 alone would underflow.
    const at::Tensor kappa = w.sum() / bandwidth.gamma / bandwidth.gamma /
                             (bandwidth.count - 1).clamp_min(1);
    t.addcmul_(d.sub_(bandwidth.mean), -kappa);
  }
  // Exactly 0, lest rounding of x_i - x_j = 0 be divided by a gamma near 0.
  t.masked_fill_(distances.same, 0);
  // One product gives T X and, from a column of ones, the row sums of T.
  const int64_t width = centred.size(1);
  const at::Tensor extended =
      at::empty({batch, width + 1}, centred.options());  // [B, D + 1]
  extended.narrow(1, 0, width).copy_(centred);
  extended.select(1, width).fill_(1);
  const at::Tensor tx = at::mm(t, extended);  // [B, D + 1]
  // Finite, so that a T of zeros gives zeros whatever the scales.
  const at::Tensor factor =
      (4 * per_entry * options.rbf_scale / bandwidth.gamma *
       (y.scale / x.scale) * y.scale)
          .clamp_max(Largest(x_features.scalar_type()));  // []
  result.dx =
      (centred * tx.narrow(1, width, 1) - tx.narrow(1, 0, width)) * factor +
      poison;
  return result;
}

// The identity, whose gradient is an error: what a gradient passes through so
// that nobody takes it for differentiable.
class RefuseDerivative : public torch::autograd::Function<RefuseDerivative> {
 public:
  // The other arguments are what the gradient depends on.
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
                            ManifoldDiagnostics* diagnostics, bool wants_dx,
                            bool wants_dy) {
    at::NoGradGuard no_grad;
    at::NoTF32Guard no_tf32;
    c10::impl::ExcludeDispatchKeyGuard no_autocast(
        c10::autocast_dispatch_keyset);
    const at::ScalarType type =
        x.scalar_type() == at::kDouble || y.scalar_type() == at::kDouble
            ? at::kDouble
            : at::kFloat;
    const LossAndGradients result =
        Compute(x.detach().to(type), y.detach().to(type), options, wants_dx,
                wants_dy, diagnostics);
    context->save_for_backward({x, y, result.dx, result.dy});
    return result.loss;
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
        result = (gradient * outer).to(to.scalar_type());
      }
      if (!at::GradMode::is_enabled()) return result;
      return RefuseDerivative::apply(result, x, y, outer);
    };
    return {chain(saved[2], x), chain(saved[3], y), at::Tensor(),
            at::Tensor(),       at::Tensor(),       at::Tensor()};
  }
};

}  // namespace

at::Tensor ManifoldLoss(const at::Tensor& x, const at::Tensor& y,
                        const ManifoldLossOptions& options,
                        ManifoldDiagnostics* diagnostics) {
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
  const bool recording = at::GradMode::is_enabled();
  return ManifoldLossFunction::apply(x, y, options, diagnostics,
                                     recording && x.requires_grad(),
                                     recording && y.requires_grad());
}

}  // namespace caldera::magma
