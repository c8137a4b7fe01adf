#include "vit/model/encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>
#include <torch/nn/modules/container/modulelist.h>

#include <algorithm>

#include "vit/blocks/block_plan.h"
#include "vit/ops/gather_rows.h"
#include "vit/parameter.h"
#include "vit/position_embedding.h"
#include "vit/zoo.h"

namespace caldera::vit {
namespace {

bool Contains(const std::vector<int64_t>& blocks, int64_t block) {
  return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
}

// Calls use(t) for every t with blocks[t] == block.
template <typename Use>
void ForEachPlace(const std::vector<int64_t>& blocks, int64_t block,
                  const Use& use) {
  for (size_t t = 0; t < blocks.size(); ++t) {
    if (blocks[t] == block) use(t);
  }
}

// Returns the places of the tokens that are keys, [B, P + Nc]: the prefix
// tokens, followed by the patches `ids` [B, Nc].
at::Tensor KeyIds(const at::Tensor& ids, int64_t prefix) {
  if (prefix == 0) return ids;
  return at::cat({at::zeros({ids.size(0), 1}, ids.options()), ids + 1}, 1);
}

}  // namespace

Encoder::Encoder(const EncoderSpec& spec) : spec_(ResolveModel(spec)) {
  const int64_t d = spec_.embed_dim(), prefix = num_prefix_tokens();
  if (spec_.class_token()) {
    cls_token_ = register_parameter("cls_token", NewParameter({1, 1, d}));
  }
  if (spec_.position_embedding() == EncoderSpec::SIN_COS) {
    pos_embed_ = register_buffer("pos_embed",
                                 SinCosPositionEmbedding(d, grid(), prefix));
  } else if (spec_.position_embedding() == EncoderSpec::LEARNED) {
    pos_embed_ = register_parameter(
        "pos_embed", NewParameter({1, prefix + num_patches(), d}));
  }
  patch_embed_ = register_module(
      "patch_embed",
      std::make_shared<PatchEmbed>(spec_.patch_size(), spec_.channels(), d));
  auto blocks = register_module("blocks", torch::nn::ModuleList());
  const auto plan = PlanBlocks(spec_);
  CHECK(plan.ok()) << plan.status();
  for (int i = 0; i < spec_.depth(); ++i) {
    blocks_.push_back((*plan)->Build(i));
    blocks->push_back(blocks_.back());
  }
  if (spec_.final_norm())
    norm_ = register_module("norm", std::make_shared<LayerNorm>(d));
}

at::Tensor Encoder::Embed(const at::Tensor& images,
                          const std::optional<at::Tensor>& ids_keep) const {
  const int64_t b = images.size(0);
  const int64_t prefix = num_prefix_tokens(), p = spec_.patch_size();
  at::Tensor x = patch_embed_->forward(images, ids_keep);  // [B, Nv, D]
  at::Tensor cls = cls_token_;
  if (pos_embed_.defined()) {
    const at::Tensor all = InterpolatePositionEmbedding(
        pos_embed_, prefix, grid(), {images.size(2) / p, images.size(3) / p});
    at::Tensor position = all.slice(1, prefix);  // [1, N, D]
    if (ids_keep.has_value()) {
      position = GatherRows(position, *ids_keep);  // [B, Nv, D]
    }
    x = x + position;
    if (cls.defined()) cls = cls + all.slice(1, 0, 1);  // [1, 1, D]
  }
  if (!cls.defined()) return x.to(images.scalar_type());
  return at::cat({cls.expand({b, -1, -1}), x}, 1);  // [B, 1 + Nv, D]
}

EncoderOutput Encoder::forward(const at::Tensor& images,
                               const EncoderRequest& request) const {
  for (const auto* blocks :
       {&request.taps, &request.query_key_taps, &request.attention_taps}) {
    for (const int64_t k : *blocks) CHECK(k >= 0 && k < spec_.depth()) << k;
  }
  EncoderOutput out;
  out.taps.resize(request.taps.size());
  out.queries_and_keys.resize(request.query_key_taps.size());
  out.attention.resize(request.attention_taps.size());
  at::Tensor x = Embed(images, request.ids_keep);
  BlockRequest wanted;
  if (request.ids_context.has_value()) {
    wanted.key_ids = KeyIds(*request.ids_context, num_prefix_tokens());
  }
  for (int64_t i = 0; i < spec_.depth(); ++i) {
    wanted.drop_path_uniforms = request.drop_path_uniforms.defined()
                                    ? request.drop_path_uniforms.select(1, i)
                                    : at::Tensor();
    AttentionTap tap;
    tap.with_weights = Contains(request.attention_taps, i);
    const bool tapped = tap.with_weights || Contains(request.query_key_taps, i);
    wanted.tap = tapped ? &tap : nullptr;
    x = blocks_[i]->Forward(x, wanted);
    ForEachPlace(request.taps, i, [&](size_t t) { out.taps[t] = x; });
    ForEachPlace(request.query_key_taps, i, [&](size_t t) {
      out.queries_and_keys[t] = {tap.queries, tap.keys};
    });
    ForEachPlace(request.attention_taps, i,
                 [&](size_t t) { out.attention[t] = tap.weights; });
  }
  out.tokens = spec_.final_norm() ? norm_->forward(x) : x;
  return out;
}

EncoderOutput Encoder::forward(const at::Tensor& images,
                               const std::optional<at::Tensor>& ids_keep,
                               const std::vector<int64_t>& taps) const {
  EncoderRequest request;
  request.ids_keep = ids_keep;
  request.taps = taps;
  return forward(images, request);
}

}  // namespace caldera::vit
