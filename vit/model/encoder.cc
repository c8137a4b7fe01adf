#include "vit/model/encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
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

}  // namespace

Encoder::Encoder(const EncoderSpec& spec) : spec_(ResolveModel(spec)) {
  const int64_t d = spec_.embed_dim(), prefix = num_prefix_tokens();
  if (spec_.class_token()) {
    cls_token_ = register_parameter("cls_token", NewParameter({1, 1, d}));
  }
  if (spec_.register_tokens() > 0) {
    reg_token_ = register_parameter(
        "reg_token", NewParameter({1, spec_.register_tokens(), d}));
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
      std::make_shared<PatchEmbed>(spec_.patch_size(), spec_.channels(), d,
                                   spec_.patch_bias()));
  if (spec_.pre_norm()) {
    norm_pre_ = register_module(
        "norm_pre", std::make_shared<LayerNorm>(d, spec_.norm_eps()));
  }
  auto blocks = register_module("blocks", torch::nn::ModuleList());
  const auto plan = PlanBlocks(spec_);
  CHECK(plan.ok()) << plan.status();
  for (int i = 0; i < spec_.depth(); ++i) {
    blocks_.push_back((*plan)->Build(i));
    blocks->push_back(blocks_.back());
  }
  if (spec_.final_norm()) {
    norm_ = register_module("norm",
                            std::make_shared<LayerNorm>(d, spec_.norm_eps()));
  }
}

at::Tensor Encoder::KeyIds(const at::Tensor& ids_context,
                           int64_t tokens) const {
  const int64_t b = ids_context.size(0), prefix = num_prefix_tokens();
  std::vector<at::Tensor> ids;
  if (prefix > 0) ids.push_back(at::zeros({b, 1}, ids_context.options()));
  ids.push_back(prefix > 0 ? ids_context + 1 : ids_context);
  if (reg_token_.defined()) {
    ids.push_back(
        at::arange(tokens - reg_token_.size(1), tokens, ids_context.options())
            .expand({b, -1}));
  }
  return ids.size() == 1 ? ids[0] : at::cat(ids, 1);
}

Rotation Encoder::Turns(const at::Tensor& images,
                        const std::optional<at::Tensor>& ids_keep) const {
  if (spec_.position_embedding() != EncoderSpec::ROPE) return {};
  const int64_t p = spec_.patch_size();
  const Rotation all = GridRotation({images.size(2) / p, images.size(3) / p},
                                    spec_.embed_dim() / spec_.num_heads(),
                                    spec_.rope_theta(), images);
  return (ids_keep.has_value() ? all.Pick(*ids_keep) : all)
      .Pad(num_prefix_tokens(), spec_.register_tokens());
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
  std::vector<at::Tensor> tokens;
  if (cls.defined()) tokens.push_back(cls.expand({b, -1, -1}));
  tokens.push_back(x);
  if (reg_token_.defined()) tokens.push_back(reg_token_.expand({b, -1, -1}));
  if (tokens.size() == 1) return x.to(images.scalar_type());
  return at::cat(tokens, 1);  // [B, P + Nv + R, D]
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
  at::Tensor x = Embed(images, request.ids_keep);  // [B, P + Nv + R, D]
  const int64_t tokens = x.size(1), registers = spec_.register_tokens();
  // Returns t without the register tokens, which are the last along dim.
  const auto seen = [&](const at::Tensor& t, int64_t dim) {
    return registers == 0 ? t : t.slice(dim, 0, t.size(dim) - registers);
  };
  if (norm_pre_ != nullptr) x = norm_pre_->forward(x);
  BlockRequest wanted;
  wanted.rotation = Turns(images, request.ids_keep);
  if (request.ids_context.has_value()) {
    wanted.key_ids = KeyIds(*request.ids_context, tokens);
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
    ForEachPlace(request.taps, i, [&](size_t t) { out.taps[t] = seen(x, 1); });
    ForEachPlace(request.query_key_taps, i, [&](size_t t) {
      out.queries_and_keys[t] = {seen(tap.queries, 2), seen(tap.keys, 2)};
    });
    ForEachPlace(request.attention_taps, i, [&](size_t t) {
      out.attention[t] = seen(seen(tap.weights, 2), 3);
    });
  }
  x = seen(x, 1);  // [B, P + Nv, D]
  out.tokens = norm_ != nullptr ? norm_->forward(x) : x;
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
