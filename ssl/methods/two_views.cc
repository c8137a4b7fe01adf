#include "ssl/methods/two_views.h"

#include <ATen/ops/cat.h>

#include <utility>
#include <vector>

#include "ssl/losses/pool.h"
#include "ssl/methods/drop_path_noise.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"

namespace caldera::ssl {

std::shared_ptr<Projector> MakeProjector(const ProjectorSpec& spec,
                                         int64_t embed_dim,
                                         const ProjectorDefaults& defaults,
                                         uint64_t seed) {
  std::vector<int64_t> dims{embed_dim};
  dims.insert(dims.end(), defaults.hidden_layers, spec.hidden_dim());
  dims.push_back(spec.has_output_dim() ? spec.output_dim()
                                       : defaults.output_dim);
  return std::make_shared<Projector>(dims, defaults.batch_norm, seed);
}

TwoViews::TwoViews(const vit::EncoderSpec& encoder,
                   std::shared_ptr<Projector> projector,
                   eval::EvalSpec::Feature feature, ContextRequest request,
                   uint64_t seed)
    : Method(std::move(request)), feature_(feature) {
  encoder_ =
      register_module("encoder", std::make_shared<vit::Encoder>(encoder));
  projector_ = register_module("projector", std::move(projector));
  vit::InitializeVit(*encoder_, seed);
}

Draws TwoViews::Draw(const DeviceBatch& batch,
                     const base::Streams& streams) const {
  Draws draws;
  draws.drop_path =
      DropPathNoise(*encoder_, streams, batch.index, "drop path, view 1");
  draws.second_drop_path =
      DropPathNoise(*encoder_, streams, batch.index, "drop path, view 2");
  return draws;
}

StepOutput TwoViews::Forward(const DeviceBatch& batch,
                             const base::Streams& /*streams*/) {
  const int64_t b = batch.index.size(0);
  const std::vector<int64_t> taps = BlocksToTap(request());
  vit::EncoderRequest wanted;
  wanted.taps = taps;
  const Draws& draws = batch.draws.value();
  if (draws.drop_path.defined()) {
    wanted.drop_path_uniforms =  // [2 B, depth, 2]
        at::cat({draws.drop_path, draws.second_drop_path});
  }
  const vit::EncoderOutput encoded = encoder_->forward(
      at::cat({batch.views[0], batch.views[1]}), wanted);  // [2 B, P + N, D]
  const int64_t prefix = encoder_->num_prefix_tokens();
  const at::Tensor features =
      Pool(encoded.tokens, feature_, prefix);  // [2 B, D]

  StepOutput out;
  out.context.prefix = prefix;
  out.context.embeddings = {features.slice(0, 0, b), features.slice(0, b)};
  out.context.latent = encoded.tokens.slice(0, 0, b);
  for (size_t i = 0; i < taps.size(); ++i) {
    FillTap(request(), taps[i], encoded.taps[i].slice(0, 0, b), out.context);
  }
  out.embedding = Embedding(out.context.latent);
  return out;
}

std::vector<ComponentCost> TwoViews::Costs(int64_t batch) const {
  return {
      {"encoder", vit::EncoderCost(encoder_->spec(), encoder_->num_patches()) *
                      (2 * batch)},
      {"projector", projector_->CostOf(2 * batch)}};
}

ContextSizes TwoViews::SizesFor(int64_t batch) const {
  const int64_t prefix = encoder_->num_prefix_tokens();
  return {batch, prefix + encoder_->num_patches(), encoder_->spec().embed_dim(),
          prefix};
}

vit::StateDict TwoViews::NamedState() const {
  vit::StateDict state = vit::GetStateDict(*encoder_);
  state.merge(vit::GetStateDict(*projector_, "projector."));
  return state;
}

absl::Status CheckTwoViews(const Experiment& experiment,
                           absl::string_view method,
                           eval::EvalSpec::Feature feature,
                           const ContextRequest& request) {
  if (feature == eval::EvalSpec::CLS && !experiment.encoder().class_token()) {
    return absl::InvalidArgumentError(absl::StrCat(
        method,
        ".feature: CLS, but encoder.class_token: false; set MEAN or "
        "class_token: true"));
  }
  const TrainSpec& train = experiment.train();
  if (train.batch_size() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("train.batch_size: ", train.batch_size(), ", but ", method,
                     " compares the images of a batch; use 2 or more"));
  }
  if (train.accumulate_steps() > train.batch_size() / 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "train.accumulate_steps: ", train.accumulate_steps(), ", but ", method,
        " compares the images of a microbatch; use ", train.batch_size() / 2,
        " or less, for microbatches of 2"));
  }
  RETURN_IF_ERROR(CheckNoTeacher(method, request));
  return CheckViews(experiment, method, 2);
}

}  // namespace caldera::ssl
