// SimCLR (Chen et al., ICML 2020) on a ViT: the model must recognise an image's
// other view among all images of the batch.
//
//   simclr { temperature: 0.2 }  # term "nt_xent"
#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ssl/losses/nt_xent.h"
#include "ssl/methods/method_plan.h"
#include "ssl/methods/two_views.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

class SimClr : public TwoViews {
 public:
  SimClr(const SimClrSpec& spec, const vit::EncoderSpec& encoder,
         ContextRequest request, uint64_t seed)
      : TwoViews(encoder,
                 MakeProjector(spec.projector(), encoder.embed_dim(),
                               {/*hidden_layers=*/1, /*batch_norm=*/false,
                                /*output_dim=*/128},
                               seed),
                 spec.feature(), std::move(request), seed),
        temperature_(spec.temperature()) {}

  void AddBatchTerms(StepOutput& output) override {
    const StepContext& context = output.context;
    // Each row is projected independently, so the projections can be gathered.
    const at::Tensor z1 = context.gather(
        projector_->forward(context.embeddings[0]));  // [B, output_dim]
    const at::Tensor z2 =
        context.gather(projector_->forward(context.embeddings[1]));
    output.terms.push_back({"nt_xent", NtXent(z1, z2, temperature_), 1});
  }

  std::vector<ComponentCost> Costs(int64_t batch) const override {
    std::vector<ComponentCost> costs = TwoViews::Costs(batch);
    const int64_t rows = 2 * batch;
    vit::Cost pairs = vit::ProductCost(rows, projector_->output_dim(), rows);
    pairs.activations = 3 * rows * rows;  // cosines, all and the positive ones
    costs.push_back({"nt_xent", pairs});
    return costs;
  }

 private:
  double temperature_;
};

const bool kSimClr = MethodPart::Register<SimClrSpec>(
    {"simclr", "Recognises an image's other view among those of the batch."},
    [](const SimClrSpec& spec, const Experiment& experiment) {
      return PlanTwoViews<SimClr>("simclr", spec, experiment);
    });

}  // namespace
}  // namespace caldera::ssl
