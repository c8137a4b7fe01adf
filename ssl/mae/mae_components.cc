#include "ssl/mae/mae_components.h"

#include <optional>

#include "vit/model/cost.h"

namespace caldera::ssl {

vit::StateDict MaeComponents::NamedState() const {
  vit::StateDict state = vit::GetStateDict(*encoder);
  if (decoder != nullptr) state.merge(vit::GetStateDict(*decoder));
  if (teacher.get() != nullptr) state.merge(teacher.get()->State());
  if (const auto module = target->module()) {
    state.merge(vit::GetStateDict(*module, "target."));
  }
  if (scorer != nullptr && scorer->module() != nullptr) {
    state.merge(vit::GetStateDict(*scorer->module(), "scorer."));
  }
  return state;
}

std::vector<ComponentCost> MaeComponents::Costs(int64_t batch,
                                                int64_t num_visible) const {
  const vit::EncoderSpec& sizes = encoder->spec();
  const int64_t patches = encoder->num_patches();
  const int64_t encoded = NumEncoded(num_visible);
  const int64_t masks = masking->num_masks(), rows = batch * masks;
  std::optional<int64_t> context;
  if (spec.encoder_input() == MaeSpec::CONTEXT) context = num_visible;
  vit::Cost encoding = vit::EncoderCost(sizes, encoded, context) * rows;
  if (decoder_sizes.memory > 0) {
    encoding += vit::EncoderCost(sizes, patches) * batch;
  }
  std::vector<ComponentCost> costs = {{"encoder", encoding}};
  if (decoder != nullptr) {
    vit::Cost decoding = decoder_plan->CostOf(decoder_sizes, encoded);
    // The difference between prediction and target is kept.
    decoding.activations +=
        (decoder_plan->removed_only() && !decoder_sizes.every_patch
             ? patches - encoded
             : patches) *
        decoder_sizes.target_dim;
    costs.push_back({"decoder", decoding * rows});
  }
  const auto add = [&costs](const char* name, const vit::Cost& cost) {
    if (cost.flop() > 0) costs.push_back({name, cost});
  };
  add("target", target->CostOf(batch, patches));
  if (scorer != nullptr) add("scorer", scorer->CostOf(batch, encoded));
  if (teacher.get() != nullptr) {
    costs.push_back(
        {"teacher", teacher.CostOf(batch, masks, patches, encoded)});
  }
  return costs;
}

ContextSizes MaeComponents::SizesFor(int64_t batch, int64_t num_visible) const {
  const int64_t width = encoder->spec().embed_dim();
  const int64_t prefix = encoder->num_prefix_tokens();
  if (decoder_sizes.memory > 0) {
    return {batch, decoder_sizes.memory, width, prefix};
  }
  return {batch * masking->num_masks(), prefix + NumEncoded(num_visible), width,
          prefix};
}

}  // namespace caldera::ssl
