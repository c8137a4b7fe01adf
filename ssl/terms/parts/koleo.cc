// KoLeo, a term for any method: minus the mean logarithm of each feature's
// distance to its nearest neighbour in the full batch, so that features spread
// out.
//
//   auxiliary { custom { name: "koleo" } weight { constant: 0.1 } }
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

#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/several_images.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

struct KoLeoOptions {
  std::string feature = "CLS";
  double eps = 1e-8;

  void List(base::OptionList& list) {
    list.Add("feature", &feature, {"CLS", "MEAN"},
             "the feature of the tokens after the final norm");
    list.Add("eps", &eps, "(0, inf)", "the distance that equal rows are given");
  }
};

class KoLeo : public AuxiliaryLoss {
 public:
  explicit KoLeo(const KoLeoOptions& options)
      : feature_(options.feature == "CLS" ? eval::EvalSpec::CLS
                                          : eval::EvalSpec::MEAN),
        eps_(options.eps) {}

  std::string name() const override { return "koleo"; }

  ContextRequest request() const override {
    ContextRequest request;
    request.latent = true;
    request.class_token = feature_ == eval::EvalSpec::CLS;
    return request;
  }

  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    const at::Tensor x = AtLeastFloat32(context.gather(
        Pool(context.latent, feature_, context.prefix)));  // [B, D], of all
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

  eval::EvalSpec::Feature feature_;
  double eps_;
};

const bool kKoLeo = AuxiliaryLossPart::Register<KoLeoOptions>(
    {"koleo", "Keeps each feature away from its nearest neighbour (KoLeo).",
     "auxiliary { custom { name: 'koleo' } weight { constant: 0.1 } }"},
    [](const KoLeoOptions& options,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      RETURN_IF_ERROR(CheckSeveralImages("koleo", sizes));
      return std::make_unique<KoLeo>(options);
    });

}  // namespace
}  // namespace caldera::ssl
