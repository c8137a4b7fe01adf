#include "ssl/train/online_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>

#include <vector>

namespace caldera::ssl {

OnlineHead::OnlineHead(int64_t embed_dim, int64_t num_classes,
                       const Options& options, const at::Device& device)
    : options_(options),
      weight_(at::zeros({num_classes, embed_dim}, device).requires_grad_()),
      bias_(at::zeros({num_classes}, device).requires_grad_()),
      optimizer_({{"weight", weight_}, {"bias", bias_}},
                 {/*beta1=*/0.9, /*beta2=*/0.999}) {}

void OnlineHead::Learn(const at::Tensor& embedding, const at::Tensor& labels) {
  CHECK_EQ(embedding.size(0), labels.size(0));
  const at::NoGradGuard no_grad;
  const at::Tensor x = embedding.detach().to(at::kFloat);      // [B, D]
  const at::Tensor known = (labels >= 0).to(at::kFloat);       // [B]
  const at::Tensor logits = at::addmm(bias_, x, weight_.t());  // [B, K]
  const at::Tensor row = labels.clamp_min(0).unsqueeze(1);     // [B, 1]
  const at::Tensor error = at::softmax(logits, 1).scatter_add(
      1, row, -at::ones_like(row, at::kFloat));            // [B, K]
  const at::Tensor gradient = error * known.unsqueeze(1);  // [B, K]
  // Sums over the rows, and how many rows: what processes add up in one go.
  at::Tensor sums = at::cat({at::mm(gradient.t(), x).flatten(), gradient.sum(0),
                             known.sum().view(1)});
  sums = options_.processes->Sum(sums);
  const at::Tensor mean = sums / sums[-1].clamp_min(1);
  const int64_t weights = weight_.numel();
  weight_.mutable_grad() = mean.slice(0, 0, weights).view_as(weight_);
  bias_.mutable_grad() = mean.slice(0, weights, -1);
  optimizer_.Step(options_.lr);
  optimizer_.ZeroGrad();
}

OnlineHead::Accuracy OnlineHead::Measure(const at::Tensor& features,
                                         const at::Tensor& labels) const {
  const at::NoGradGuard no_grad;
  const at::Tensor logits =
      at::addmm(bias_.cpu(), features, weight_.cpu().t());  // [N, K]
  const at::Tensor hits = logits.argmax(1) == labels;
  return {100 * hits.to(at::kDouble).mean().item<double>(),
          at::cross_entropy_loss(logits, labels).item<double>()};
}

vit::StateDict OnlineHead::State() const {
  vit::StateDict state = optimizer_.State();
  state["weight"] = weight_;
  state["bias"] = bias_;
  return state;
}

}  // namespace caldera::ssl
