// LDReg's term, for any method: minus the mean logarithm of the local intrinsic
// dimensions of the full batch. The diagnostic ldreg.dimension is their
// geometric mean.
//
// Source: Huang, Campello, Erfani, Ma, Houle, Bailey, LDReg: Local
// Dimensionality Regularized Self-Supervised Learning, ICLR 2024.
// Its code takes the absolute value of each logarithm, which rewards collapse
// below dimension 1; here the term always asks for more.
#include "ssl/terms/parts/ldreg.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

constexpr double kFloor = 1e-3;  // of the spread

}  // namespace

at::Tensor LogLocalDimension(const at::Tensor& features, int64_t neighbors,
                             bool detach_neighbors) {
  const at::Tensor wide = AtLeastFloat32(features);
  const int64_t b = wide.size(0), k = std::min(neighbors, b - 1);
  if (k < 2) return 0 * wide.sum(1);
  // Subtracting the mean leaves distances unchanged and reduces rounding.
  const at::Tensor x = wide - wide.detach().mean(0);  // [B, D]
  const at::Tensor y = detach_neighbors ? x.detach() : x;
  const at::Tensor x2 = x.square().sum(1), y2 = y.square().sum(1);  // [B]
  const at::Tensor squares = x2.unsqueeze(1) + y2 - 2 * at::matmul(x, y.t());
  const at::Tensor floor2 =
      (x2.detach().mean() * (kFloor * kFloor)).clamp_min(1e-30);  // []
  // [B, k + 1], ascending; each sample is its own nearest.
  const at::Tensor nearest = std::get<0>(
      at::topk(squares, k + 1, /*dim=*/1, /*largest=*/false, /*sorted=*/true));
  const at::Tensor distances =
      at::maximum(nearest.slice(1, 1), floor2).sqrt();           // [B, k]
  const at::Tensor mean = distances.slice(1, 0, k - 1).mean(1);  // [B]
  const at::Tensor gap = distances.select(1, k - 1) - mean;      // [B]
  return mean.log() - at::maximum(gap, floor2.sqrt()).log();
}

namespace {

class LdRegLoss : public AuxiliaryLoss {
 public:
  explicit LdRegLoss(const LdRegSpec& spec) : spec_(spec) {}

  std::string name() const override { return "ldreg"; }
  ContextRequest request() const override {
    ContextRequest request;
    (spec_.both_views() ? request.embeddings : request.latent) = true;
    request.class_token =
        !spec_.both_views() && spec_.feature() == eval::EvalSpec::CLS;
    return request;
  }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override {
    const at::Tensor feature =  // [B, D], [2 B, D] for both views
        spec_.both_views()
            ? at::cat(context.embeddings)
            : Pool(context.latent, spec_.feature(), context.prefix);
    const at::Tensor mean =
        LogLocalDimension(context.gather(feature), spec_.neighbors(),
                          spec_.detach_neighbors())
            .mean();
    AuxiliaryOutput out{-mean, {}};
    if (with_diagnostics) {
      out.diagnostics = {{"dimension", std::exp(mean.item<double>())}};
    }
    return out;
  }
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override {
    const int64_t rows = sizes.rows * (spec_.both_views() ? 2 : 1);
    vit::Cost cost =
        vit::ProductCost(rows, sizes.width, rows,
                         /*input_gradient=*/!spec_.detach_neighbors());
    cost.activations = rows * rows + 3 * rows * sizes.width;
    return with_gradient ? cost : cost.WithoutGradient();
  }

 private:
  LdRegSpec spec_;
};

const bool kLdReg = AuxiliaryLossPart::Register<LdRegSpec>(
    {"ldreg", "Raises the local intrinsic dimension of features (LDReg)."},
    [](const LdRegSpec& spec,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (spec.both_views() && sizes.views != 2) {
        return absl::InvalidArgumentError(
            "both_views: the method has no two views; leave it out, or use "
            "simclr {} or vicreg {}");
      }
      return std::make_unique<LdRegLoss>(spec);
    });

}  // namespace
}  // namespace caldera::ssl
