#include "vit/zoo.h"

namespace caldera::vit {

const std::vector<ZooModel>& Zoo() {
  static const auto* const zoo = new std::vector<ZooModel>{
      {"vit_tiny", 192, 12, 3},    {"vit_tiny_12h", 192, 12, 12},
      {"vit_small", 384, 12, 6},   {"vit_base", 768, 12, 12},
      {"vit_large", 1024, 24, 16}, {"vit_huge", 1280, 32, 16}};
  return *zoo;
}

const ZooModel* FindModel(absl::string_view name) {
  for (const ZooModel& model : Zoo()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

EncoderSpec ResolveModel(EncoderSpec spec) {
  const ZooModel* model = spec.has_model() ? FindModel(spec.model()) : nullptr;
  if (model == nullptr) return spec;
  if (!spec.has_embed_dim()) spec.set_embed_dim(model->embed_dim);
  if (!spec.has_depth()) spec.set_depth(model->depth);
  if (!spec.has_num_heads()) spec.set_num_heads(model->num_heads);
  spec.clear_model();
  return spec;
}

}  // namespace caldera::vit
