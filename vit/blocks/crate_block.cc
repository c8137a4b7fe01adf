#include "vit/blocks/crate_block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/relu.h>
#include <glog/logging.h>

#include <string>
#include <vector>

#include "vit/ops/gather_rows.h"
#include "vit/ops/recompute.h"

namespace caldera::vit {
namespace {

// Registers the parts of a block under the official names:
// layers.0.<part>.{norm, fn}.
class Layers {
 public:
  explicit Layers(torch::nn::Module& block)
      : parts_(block
                   .register_module("layers",
                                    std::make_shared<torch::nn::Module>())
                   ->register_module("0",
                                     std::make_shared<torch::nn::Module>())) {}

  template <typename Fn>
  std::shared_ptr<LayerNorm> Add(const std::string& part, int64_t dim,
                                 const std::shared_ptr<Fn>& fn) {
    auto pre_norm =
        parts_->register_module(part, std::make_shared<torch::nn::Module>());
    pre_norm->register_module("fn", fn);
    // The authors keep PyTorch's eps of 1e-5.
    return pre_norm->register_module(
        "norm", std::make_shared<LayerNorm>(dim, /*eps=*/1e-5));
  }

 private:
  std::shared_ptr<torch::nn::Module> parts_;
};

}  // namespace

SubspaceAttention::SubspaceAttention(int64_t embed_dim, int64_t num_heads)
    : num_heads_(num_heads) {
  qkv_ = register_module("qkv", std::make_shared<Linear>(embed_dim, embed_dim,
                                                         /*with_bias=*/false));
  proj_ = register_module("to_out", std::make_shared<torch::nn::Module>())
              ->register_module("0",
                                std::make_shared<Linear>(embed_dim, embed_dim));
}

at::Tensor SubspaceAttention::AddTo(const at::Tensor& residual, double scale,
                                    const at::Tensor& x,
                                    const at::Tensor& key_ids,
                                    AttentionTap* tap) const {
  const auto heads = [&](const at::Tensor& tokens) {  // [B, h, N, D/h]
    return tokens.view({tokens.size(0), tokens.size(1), num_heads_, -1})
        .transpose(1, 2);
  };
  const at::Tensor w = qkv_->forward(x);  // [B, N, D]
  const at::Tensor queries = heads(w);
  const at::Tensor keys =
      key_ids.defined() ? heads(GatherRows(w, key_ids)) : queries;
  const at::Tensor joined = Attend(queries, keys, keys, tap);  // [B, N, D]
  return scale == 1 ? proj_->ForwardAdd(residual, joined)
                    : residual + scale * proj_->forward(joined);
}

CrateBlock::CrateBlock(const CrateOptions& options) : options_(options) {
  const int64_t d = options.embed_dim;
  attention_ = std::make_shared<SubspaceAttention>(d, options.num_heads);
  dictionary_ = std::make_shared<Linear>(d, d, /*with_bias=*/false);
  Layers layers(*this);
  norm1_ = layers.Add("0", d, attention_);
  norm2_ = layers.Add("1", d, dictionary_);
}

at::Tensor CrateBlock::Forward(const at::Tensor& x,
                               const BlockRequest& request) const {
  CHECK(!request.memory.defined()) << "the block reads no memory";
  if (!options_.recompute || request.tap != nullptr) return Run(x, request);
  return Recompute(
      [this, request](const std::vector<at::Tensor>& inputs) {
        return Run(inputs[0], request);
      },
      {x}, parameters());
}

at::Tensor CrateBlock::Run(const at::Tensor& x,
                           const BlockRequest& request) const {
  const at::Tensor compressed =
      attention_->AddTo(x, 1, norm1_->forward(x), request.key_ids,
                        request.tap);  // [B, N, D]
  const at::Tensor n = norm2_->forward(compressed.slice(1, request.first));
  const at::Tensor step =
      dictionary_->ForwardTransposed(n - dictionary_->forward(n));
  return at::relu(n + options_.step_size * step -
                  options_.step_size * options_.sparsity);
}

CrateDecoderBlock::CrateDecoderBlock(const CrateOptions& options)
    : recompute_(options.recompute) {
  const int64_t d = options.embed_dim;
  dictionary_ = std::make_shared<Linear>(d, d, /*with_bias=*/false);
  attention_ = std::make_shared<SubspaceAttention>(d, options.num_heads);
  Layers layers(*this);
  norm1_ = layers.Add("0", d, dictionary_);
  norm2_ = layers.Add("1", d, attention_);
}

at::Tensor CrateDecoderBlock::Forward(const at::Tensor& x,
                                      const BlockRequest& request) const {
  CHECK(!request.memory.defined()) << "the block reads no memory";
  const at::Tensor all =
      recompute_ ? Recompute(
                       [this](const std::vector<at::Tensor>& inputs) {
                         return Run(inputs[0]);
                       },
                       {x}, parameters())
                 : Run(x);
  return all.slice(1, request.first);
}

at::Tensor CrateDecoderBlock::Run(const at::Tensor& x) const {
  const at::Tensor z = dictionary_->forward(norm1_->forward(x));
  return attention_->AddTo(z, -1, norm2_->forward(z), {}, nullptr);
}

}  // namespace caldera::vit
