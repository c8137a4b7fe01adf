#include "vit/blocks/crate_block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>

#include <string>

#include "vit/ops/add_linear.h"
#include "vit/ops/gather_rows.h"

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

// Returns x times the transposed weight: [..., out] -> [..., in].
at::Tensor Transposed(const Linear& linear, const at::Tensor& x) {
  return at::linear(linear.Cast(x), linear.Cast(linear.weight).t());
}

}  // namespace

SubspaceAttention::SubspaceAttention(int64_t embed_dim, int64_t num_heads)
    : num_heads_(num_heads) {
  qkv_ = register_module("qkv", std::make_shared<Linear>(embed_dim, embed_dim,
                                                         /*with_bias=*/false));
  proj_ = register_module("to_out", std::make_shared<torch::nn::Module>())
              ->register_module("0",
                                std::make_shared<Linear>(embed_dim, embed_dim));
}

at::Tensor SubspaceAttention::AddTo(const at::Tensor& x, const LayerNorm& norm,
                                    const AttentionRequest& request,
                                    double sign) const {
  const auto heads = [&](const at::Tensor& tokens) {  // [B, h, N, D/h]
    return tokens.view({tokens.size(0), tokens.size(1), num_heads_, -1})
        .transpose(1, 2);
  };
  const at::Tensor w = qkv_->forward(norm.forward(x));  // [B, N, D]
  const at::Tensor queries = heads(w);
  const at::Tensor keys = request.key_ids.defined()
                              ? heads(GatherRows(w, request.key_ids))
                              : queries;
  const at::Tensor joined = Attend(queries, keys, keys, request.tap);
  return sign == 1 ? AddLinear(x, *proj_, joined)
                   : x + sign * proj_->forward(joined);
}

CrateBlock::CrateBlock(const CrateOptions& options)
    : TokenBlock({options.recompute}),
      step_size_(options.step_size),
      sparsity_(options.sparsity) {
  const int64_t d = options.embed_dim;
  attention_ = std::make_shared<SubspaceAttention>(d, options.num_heads);
  dictionary_ = std::make_shared<Linear>(d, d, /*with_bias=*/false);
  Layers layers(*this);
  norm1_ = layers.Add("0", d, attention_);
  norm2_ = layers.Add("1", d, dictionary_);
}

at::Tensor CrateBlock::Run(const at::Tensor& x,
                           const BlockRequest& request) const {
  const at::Tensor compressed =
      attention_->AddTo(x, *norm1_, request).slice(1, request.first);
  const at::Tensor n = norm2_->forward(compressed);  // [B, N - first, D]
  const at::Tensor residue = n - dictionary_->forward(n);
  return at::relu(n + step_size_ * Transposed(*dictionary_, residue) -
                  step_size_ * sparsity_);
}

CrateDecoderBlock::CrateDecoderBlock(const CrateOptions& options)
    : TokenBlock({options.recompute}) {
  const int64_t d = options.embed_dim;
  dictionary_ = std::make_shared<Linear>(d, d, /*with_bias=*/false);
  attention_ = std::make_shared<SubspaceAttention>(d, options.num_heads);
  Layers layers(*this);
  norm1_ = layers.Add("0", d, dictionary_);
  norm2_ = layers.Add("1", d, attention_);
}

at::Tensor CrateDecoderBlock::Run(const at::Tensor& x,
                                  const BlockRequest& request) const {
  const at::Tensor z = dictionary_->forward(norm1_->forward(x));
  return attention_->AddTo(z, *norm2_, request, -1).slice(1, request.first);
}

}  // namespace caldera::vit
