#include "vit/decoders/decoder_testing.h"

#include <ATen/ops/argsort.h>
#include <ATen/ops/tensor.h>

#include "vit/decoders/decoder_plan.h"
#include "vit/module_testing.h"

namespace caldera::vit {

DecoderSpec TinyDecoderSpec(const std::string& kind, bool masked_only) {
  DecoderSpec spec;
  spec.set_kind(kind);
  spec.set_embed_dim(16);
  spec.set_depth(2);
  spec.set_num_heads(2);
  spec.set_mlp_ratio(2);
  spec.set_masked_only(masked_only);
  return spec;
}

std::shared_ptr<Decoder> FilledDecoder(const DecoderSpec& spec,
                                       bool class_token) {
  auto decoder = PlanDecoder(spec).value()->Build(
      {kEncoderDim, kGrid, kTarget, class_token});
  FillNormal(*decoder, 0.3, 0);
  return decoder;
}

at::Tensor TinyLatent(bool class_token) {
  return Normal({2, kVisible + (class_token ? 1 : 0), kEncoderDim}, 1);
}

at::Tensor TinyIdsShuffled() {
  return at::tensor({4, 1, 5, 0, 3, 2, 0, 5, 2, 4, 1, 3}, at::kLong)
      .view({2, kPatches});
}

at::Tensor InversePermutation(const at::Tensor& ids) {
  return at::argsort(ids, /*stable=*/true, /*dim=*/1);
}

at::Tensor TinyIdsRestore() { return InversePermutation(TinyIdsShuffled()); }

}  // namespace caldera::vit
