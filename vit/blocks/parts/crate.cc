#include "vit/blocks/parts/crate.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "vit/blocks/attention.h"
#include "vit/blocks/block_cost.h"
#include "vit/blocks/block_plan.h"
#include "vit/blocks/parts/crate.pb.h"
#include "vit/cost.h"
#include "vit/layer_norm.h"
#include "vit/ops/add_linear.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"

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

// Returns a layer whose weight is a dictionary; the authors initialise it by
// its inputs alone.
std::shared_ptr<Linear> NewDictionary(int64_t dim) {
  auto dictionary = std::make_shared<Linear>(dim, dim, /*with_bias=*/false);
  dictionary->set_initial(Linear::Initial::kKaimingUniform);
  return dictionary;
}

// Attention on subspaces: one projection serves as queries, keys and values.
class SubspaceAttention : public torch::nn::Module {
 public:
  SubspaceAttention(int64_t embed_dim, int64_t num_heads);

  // Returns x + sign * proj(attention of norm(x)): [B, N, D] -> [B, N, D].
  // `sign` is 1 or -1; request.first is not read.
  at::Tensor AddTo(const at::Tensor& x, const LayerNorm& norm,
                   const AttentionRequest& request, double sign = 1) const;

 private:
  int64_t num_heads_;
  std::shared_ptr<Linear> qkv_, proj_;
};

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

class CrateBlock : public TokenBlock {
 public:
  explicit CrateBlock(const CrateOptions& options)
      : TokenBlock({options.recompute}),
        step_size_(options.step_size),
        sparsity_(options.sparsity) {
    const int64_t d = options.embed_dim;
    attention_ = std::make_shared<SubspaceAttention>(d, options.num_heads);
    dictionary_ = NewDictionary(d);
    Layers layers(*this);
    norm1_ = layers.Add("0", d, attention_);
    norm2_ = layers.Add("1", d, dictionary_);
  }

 private:
  at::Tensor Run(const at::Tensor& x,
                 const BlockRequest& request) const override {
    const at::Tensor compressed =
        attention_->AddTo(x, *norm1_, request).slice(1, request.first);
    const at::Tensor n = norm2_->forward(compressed);  // [B, N - first, D]
    const at::Tensor residue = n - dictionary_->forward(n);
    return at::relu(n + step_size_ * Transposed(*dictionary_, residue) -
                    step_size_ * sparsity_);
  }

  double step_size_, sparsity_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<SubspaceAttention> attention_;
  std::shared_ptr<Linear> dictionary_;
};

class CrateDecoderBlock : public TokenBlock {
 public:
  explicit CrateDecoderBlock(const CrateOptions& options)
      : TokenBlock({options.recompute}) {
    const int64_t d = options.embed_dim;
    dictionary_ = NewDictionary(d);
    attention_ = std::make_shared<SubspaceAttention>(d, options.num_heads);
    Layers layers(*this);
    norm1_ = layers.Add("0", d, dictionary_);
    norm2_ = layers.Add("1", d, attention_);
  }

 private:
  at::Tensor Run(const at::Tensor& x,
                 const BlockRequest& request) const override {
    const at::Tensor z = dictionary_->forward(norm1_->forward(x));
    return attention_->AddTo(z, *norm2_, request, -1).slice(1, request.first);
  }

  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<Linear> dictionary_;
  std::shared_ptr<SubspaceAttention> attention_;
};

class CrateBlocks : public BlockPlan {
 public:
  CrateBlocks(const CrateSpec& options, const EncoderSpec& spec)
      : BlockPlan(spec), options_(options) {}

  absl::Status Check() const override {
    constexpr char kNo[] = "is an option of block: TRANSFORMER; leave it out";
    return base::FieldCheck()
        .Require(spec().drop_path() == 0, "drop_path", spec().drop_path(),
                 "has no branch to drop in block: CRATE; set 0")
        .Require(spec().layer_scale() == 0, "layer_scale", spec().layer_scale(),
                 kNo)
        .Require(!spec().qk_norm(), "qk_norm", "true", kNo)
        .Require(spec().proj_bias(), "proj_bias", "false", kNo)
        .Require(spec().activation() == EncoderSpec::GELU, "activation",
                 EncoderSpec::Activation_Name(spec().activation()), kNo)
        .Require(spec().position_embedding() != EncoderSpec::ROPE,
                 "position_embedding", "ROPE",
                 "turns queries and keys, which block: CRATE has not apart")
        .status();
  }

  // The work is that of one projection for queries, keys and values, scores,
  // values, output and two products with the dictionary. It keeps both norms,
  // the projection, the attention's output, the sum, the dictionary's residue
  // and the output.
  BlockCost CostOf(int64_t tokens,
                   std::optional<int64_t> given) const override {
    const int64_t d = spec().embed_dim(), keys = given.value_or(tokens);
    return {ProductCost(tokens, d, d) * 4 + ProductCost(tokens, d, keys) * 2,
            {tokens * (6 * d + spec().num_heads() + 4) +
                 (keys < tokens ? keys * d : 0),
             tokens * d}};
  }

  std::shared_ptr<TokenBlock> Build(int64_t /*i*/) const override {
    return MakeCrateBlock({spec().embed_dim(), spec().num_heads(),
                           options_.step_size(), options_.sparsity(),
                           spec().checkpoint_blocks()});
  }

 private:
  CrateSpec options_;
};

const bool kCrate = BlockPart::Register<CrateSpec>(
    {"crate",
     "White-box blocks: attention with one projection for queries, keys and "
     "values, then a step of ISTA in place of the MLP.",
     "encoder { block: CRATE crate { sparsity: 0.5 } }"},
    [](const CrateSpec& options, const EncoderSpec& spec) {
      return std::make_unique<CrateBlocks>(options, spec);
    });

}  // namespace

std::shared_ptr<TokenBlock> MakeCrateBlock(const CrateOptions& options) {
  return std::make_shared<CrateBlock>(options);
}

std::shared_ptr<TokenBlock> MakeCrateDecoderBlock(const CrateOptions& options) {
  return std::make_shared<CrateDecoderBlock>(options);
}

}  // namespace caldera::vit
