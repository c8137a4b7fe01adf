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

// By size. vit_tiny_12h is the MAGMA authors' ViT-Tiny, of 12 heads.
const std::vector<ZooModel>& Zoo();

// Null where no model has the name.
const ZooModel* FindModel(absl::string_view name);

// `spec` with embed_dim, depth and num_heads of its model where it does not set
// them, and without the model's name; without a model, or with one that
// Validate refuses, `spec` itself.
EncoderSpec ResolveModel(EncoderSpec spec);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_ZOO_H_
