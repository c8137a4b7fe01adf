#include "ssl/mae/mae_components.h"

#include <optional>

#include "vit/model/cost.h"

namespace caldera::ssl {

std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>>
MaeComponents::Modules() const {
  std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>>
      modules;
  const auto add = [&](const std::string& name,
                       std::shared_ptr<torch::nn::Module> module) {
    if (module != nullptr) modules.emplace_back(name, std::move(module));
  };
  add("encoder", encoder);
  add("decoder", decoder);
  add("target", target->module());
  if (scorer != nullptr) add("scorer", scorer->module());
  add("teacher", teacher.module());
  return modules;
}

vit::StateDict MaeComponents::NamedState() const {
  vit::StateDict state;
  for (const auto& [name, module] : Modules()) {
    if (name == "teacher") {
      state.merge(teacher.get()->State());
      continue;
    }
    const bool official = name == "encoder" || name == "decoder";
    for (const auto& [tensor_name, tensor] : vit::GetStateDict(*module)) {
      state[(official ? "" : name + ".") + tensor_name] = tensor;
    }
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
    vit::Cost decoding =
        vit::DecoderCost(spec.decoder(), decoder_sizes, encoded);
    // The difference between prediction and target is kept.
    decoding.activations +=
        (decoder->predicts_masked_only() ? patches - encoded : patches) *
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
  if (decoder_sizes.memory > 0) return {batch, decoder_sizes.memory, width};
  return {batch * masking->num_masks(), 1 + NumEncoded(num_visible), width};
}

}  // namespace caldera::ssl
