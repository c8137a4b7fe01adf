// VICReg (Bardes et al., ICLR 2022) on a ViT: the views of an image must agree,
// and the features of a batch must vary without being correlated.
//
//   vicreg { covariance_weight: 1 }  # terms "invariance", "variance",
//                                    # "covariance"
#include "ssl/losses/vicreg.h"

#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ssl/methods/method_plan.h"
#include "ssl/methods/two_views.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

// Its loss is the free function VicReg.
class VicRegMethod : public TwoViews {
 public:
  VicRegMethod(const VicRegSpec& spec, const vit::EncoderSpec& encoder,
               ContextRequest request, uint64_t seed)
      : TwoViews(encoder,
                 MakeProjector(spec.projector(), encoder.embed_dim(),
                               {/*hidden_layers=*/2, /*batch_norm=*/true,
                                /*output_dim=*/spec.projector().hidden_dim()},
                               seed),
                 spec.feature(), std::move(request), seed),
        spec_(spec) {}

  void AddBatchTerms(StepOutput& output) override {
    const StepContext& context = output.context;
    // The features are gathered, not the projections: each process projects the
    // full batch, so that BatchNorm uses its statistics. The views are
    // projected one after another, each with its own statistics.
    const at::Tensor z1 =
        projector_->forward(context.gather(context.embeddings[0]));
    const at::Tensor z2 =
        projector_->forward(context.gather(context.embeddings[1]));
    const VicRegTerms terms = VicReg(z1, z2);  // of [B, output_dim] each
    output.terms.push_back(
        {"invariance", terms.invariance, spec_.invariance_weight()});
    output.terms.push_back(
        {"variance", terms.variance, spec_.variance_weight()});
    output.terms.push_back(
        {"covariance", terms.covariance, spec_.covariance_weight()});
  }

  std::vector<ComponentCost> Costs(int64_t batch) const override {
    std::vector<ComponentCost> costs = TwoViews::Costs(batch);
    const int64_t dim = projector_->output_dim();
    vit::Cost covariances = vit::ProductCost(dim, batch, dim) * 2;
    covariances.activations = 2 * (batch * dim + dim * dim);
    costs.push_back({"covariance", covariances});
    return costs;
  }

 private:
  const VicRegSpec spec_;
};

const bool kVicReg = MethodPart::Register<VicRegSpec>(
    {"vicreg", "Views of an image agree; features vary without correlation."},
    [](const VicRegSpec& spec, const Experiment& experiment) {
      return PlanTwoViews<VicRegMethod>("vicreg", spec, experiment);
    });

}  // namespace
}  // namespace caldera::ssl
