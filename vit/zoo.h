// The published sizes of Vision Transformers by name.
//
//   spec.set_model("vit_large");
//   spec = vit::ResolveModel(spec);  // embed_dim 1024, depth 24, num_heads 16
//
// The patch size is a field of its own: ViT-L/16 is vit_large with patch_size
// 16. docs/models.md has the table.
#ifndef CALDERA_VIT_ZOO_H_
#define CALDERA_VIT_ZOO_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

struct ZooModel {
  absl::string_view name;
  int embed_dim, depth, num_heads;
};

// Returns the models in ascending order of size. vit_tiny_12h is the ViT-Tiny
// of MAGMA's authors, which has 12 heads.
const std::vector<ZooModel>& Zoo();

// Returns null where no model has the name.
const ZooModel* FindModel(absl::string_view name);

// Returns `spec` with embed_dim, depth and num_heads of its model where it does
// not set them, and without the model's name. Returns `spec` itself where it
// names no model, or one that Validate refuses.
EncoderSpec ResolveModel(EncoderSpec spec);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_ZOO_H_
