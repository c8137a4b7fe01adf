// KoLeo, a term for any method: minus the mean logarithm of each feature's
// distance to its nearest neighbour in the full batch, so that features spread
// out.
//
//   auxiliary { custom { name: "koleo" } weight { constant: 0.1 } }
//
// Options: feature=CLS|MEAN (CLS) chooses the feature of the tokens after the
// final norm; eps (1e-8) is the distance that equal rows are given.
//
// Source: Sablayrolles, Douze, Schmid, Jegou, Spreading vectors for similarity
// search, ICLR 2019, equation 4; a term of DINOv2 (Oquab et al., 2023), whose
// distances are between normalised features, as here.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/terms/make_auxiliary_loss.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

using Feature = eval::EvalSpec::Feature;

class KoLeo : public AuxiliaryLoss {
 public:
  KoLeo(Feature feature, double eps) : feature_(feature), eps_(eps) {}

  std::string name() const override { return "koleo"; }

  ContextRequest request() const override {
    ContextRequest request;
    request.latent = true;
    return request;
  }

  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    const at::Tensor x = AtLeastFloat32(
        context.gather(Pool(context.latent, feature_)));  // [B, D], of all
    const at::Tensor z =
        x / Norm(x).clamp_min(eps_).unsqueeze(1);  // on the sphere
    at::Tensor nearest;                            // [B]
    {
      const at::NoGradGuard no_grad;
      nearest = at::mm(z, z.t()).fill_diagonal_(-2).argmax(1);
    }
    const at::Tensor apart = z - z.index_select(0, nearest);  // [B, D]
    // The sum under the root is never 0, so that the gradient is finite.
    const at::Tensor distance = (apart.square().sum(1) + eps_ * eps_).sqrt();
    return {-distance.log().mean(), {}, {}};
  }

  // The cost is that of the product of all pairs, which has no gradient.
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool /*with_gradient*/) const override {
    return vit::ProductCost(sizes.rows, sizes.width, sizes.rows)
        .WithoutGradient();
  }

 private:
  static at::Tensor Norm(const at::Tensor& rows) {
    return at::linalg_vector_norm(rows, 2, at::IntArrayRef{1});
  }

  Feature feature_;
  double eps_;
};

const CustomAuxiliaryLoss kKoLeo(
    "koleo", "auxiliary { custom { name: 'koleo' } weight { constant: 0.1 } }",
    [](CustomOptions& options, const ModelSizes& sizes,
       uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> {
      const std::string feature =
          options.Choice("feature", "CLS", {"CLS", "MEAN"});
      const double eps = options.Number("eps", 1e-8);
      if (eps <= 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("option: eps=", eps, " is not above 0"));
      }
      if (sizes.images < 2) {
        return absl::InvalidArgumentError(absl::StrCat(
            "koleo compares the images of a batch, but train.batch_size leaves "
            "it ",
            sizes.images, "; use 2 or more"));
      }
      return std::make_unique<KoLeo>(
          feature == "CLS" ? eval::EvalSpec::CLS : eval::EvalSpec::MEAN, eps);
    });

}  // namespace
}  // namespace caldera::ssl
