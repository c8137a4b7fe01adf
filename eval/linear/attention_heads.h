// Linear classifiers behind attention pooling, trained side by side: each
// learns to weight the patches of an image and to classify the weighted mean.
//
//   AttentionHeads heads(192, 10, {0}, {}, HeadsOptions());  // one head
//   heads.Step(tokens, labels, {0.1});              // [B, N, 192], [B]
//   at::Tensor logits = heads.Logits(tokens);       // [B, 1, 10]
//   at::Tensor weights = heads.PatchWeights(tokens);  // [B, 1, N], sum to 1
//
// A token's score is w^T tanh(V token + c), or w^T token with a depth of 1, its
// weight the softmax of the scores over the image's patches, the image's
// feature the weighted mean of its tokens. The classifier behind it is that of
// linear_heads.h, with a BatchNorm for each head.
//
// Source: Przewiezlikowski et al., "Beyond [cls]: Exploring the true potential
// of Masked Image Modeling representations", ICCV 2025: AbMILP (Ilse et al.,
// ICML 2018) with one branch, without self-attention: tanh and depth 2, the
// defaults of the class, or depth 1, as their README's command for MAE
// (gmum/beyond_cls, --abmilp_depth 1; the bias of its one layer is the same for
// all patches and leaves the softmax as it is). V and w begin as torch's Linear
// does.
//
// Caveat: a step keeps a batch's tokens and its hidden units for one head,
// B N (D + hidden_dim) numbers: take a batch_size that fits.
#ifndef CALDERA_EVAL_LINEAR_ATTENTION_HEADS_H_
#define CALDERA_EVAL_LINEAR_ATTENTION_HEADS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eval/linear/head_norm.h"
#include "eval/linear/head_optimizer.h"
#include "eval/linear/heads.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

class AttentionHeads : public Heads {
 public:
  // One head for each weight decay; features are tokens [B, N, width].
  AttentionHeads(int64_t width, int64_t num_classes,
                 const std::vector<double>& weight_decay,
                 const AttentionPoolingSpec& spec, const HeadsOptions& options);

  int64_t num_heads() const override { return optimizer_.num_heads(); }
  void Step(const at::Tensor& tokens, const at::Tensor& labels,
            const std::vector<double>& rates) override;
  at::Tensor Logits(const at::Tensor& tokens) const override;
  at::Tensor Finite() const override;

  // Returns the weight that each head gives each patch, [B, H, N]; each row
  // sums to 1.
  at::Tensor PatchWeights(const at::Tensor& tokens) const;

  // V [H, K, D], c [H, K], w [H, K] (with a depth of 1 only w [H, D]), the
  // classifier [H, C, D] and its bias [H, C], for tests to set and read.
  std::vector<HeadParameter>& parameters() { return parameters_; }

 private:
  std::vector<at::Tensor> ValuesOf(int64_t head) const;

  HeadOptimizer optimizer_;
  std::vector<HeadNorm> norms_;  // one a head
  std::vector<HeadParameter> parameters_;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_ATTENTION_HEADS_H_
