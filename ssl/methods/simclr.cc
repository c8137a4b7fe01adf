#include "ssl/methods/simclr.h"

#include <utility>

#include "ssl/losses/nt_xent.h"

namespace caldera::ssl {
namespace {

std::shared_ptr<Projector> MakeProjector(const ProjectorSpec& spec,
                                         int64_t embed_dim, uint64_t seed) {
  const int64_t out = spec.has_output_dim() ? spec.output_dim() : 128;
  return std::make_shared<Projector>(
      std::vector<int64_t>{embed_dim, spec.hidden_dim(), out},
      /*batch_norm=*/false, seed);
}

}  // namespace

SimClr::SimClr(const SimClrSpec& spec, const vit::EncoderSpec& encoder,
               ContextRequest request, uint64_t seed)
    : TwoViews(encoder,
               MakeProjector(spec.projector(), encoder.embed_dim(), seed),
               spec.feature(), std::move(request), seed),
      temperature_(spec.temperature()) {}

void SimClr::AddBatchTerms(StepOutput& output) {
  const StepContext& context = output.context;
  // Each row is projected by itself, so that the projections are gathered.
  const at::Tensor z1 = context.gather(
      projector_->forward(context.embeddings[0]));  // [B, output_dim]
  const at::Tensor z2 =
      context.gather(projector_->forward(context.embeddings[1]));
  output.terms.push_back({"nt_xent", NtXent(z1, z2, temperature_), 1});
}

}  // namespace caldera::ssl
