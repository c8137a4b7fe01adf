#include "ssl/methods/simclr.h"

#include <utility>

#include "ssl/losses/nt_xent.h"
#include "vit/model/cost.h"

namespace caldera::ssl {

SimClrMethod::SimClrMethod(const SimClrSpec& spec,
                           const vit::EncoderSpec& encoder,
                           ContextRequest request, uint64_t seed)
    : TwoViews(encoder,
               MakeProjector(spec.projector(), encoder.embed_dim(),
                             {/*hidden_layers=*/1, /*batch_norm=*/false,
                              /*output_dim=*/128},
                             seed),
               spec.feature(), std::move(request), seed),
      temperature_(spec.temperature()) {}

void SimClrMethod::AddBatchTerms(StepOutput& output) {
  const StepContext& context = output.context;
  // Each row is projected independently, so the projections can be gathered.
  const at::Tensor z1 = context.gather(
      projector_->forward(context.embeddings[0]));  // [B, output_dim]
  const at::Tensor z2 =
      context.gather(projector_->forward(context.embeddings[1]));
  output.terms.push_back({"nt_xent", NtXent(z1, z2, temperature_), 1});
}

std::vector<ComponentCost> SimClrMethod::Costs(int64_t batch) const {
  std::vector<ComponentCost> costs = TwoViews::Costs(batch);
  const int64_t rows = 2 * batch;
  vit::Cost pairs = vit::ProductCost(rows, projector_->output_dim(), rows);
  pairs.activations = 3 * rows * rows;  // cosines, all and the positive ones
  costs.push_back({"nt_xent", pairs});
  return costs;
}

}  // namespace caldera::ssl
