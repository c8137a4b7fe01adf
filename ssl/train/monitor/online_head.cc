#include "ssl/train/monitor/online_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>

#include <vector>

#include "ssl/optim/algorithms/adamw.pb.h"
#include "ssl/optim/make_optimizer.h"
#include "ssl/optim/optim.pb.h"
namespace caldera::ssl {
namespace {

constexpr double kEpsilon = 1e-6;  // as in the official probe's BatchNorm
constexpr double kMomentum = 0.1;

OptimizerSpec AdamW(double beta1, double beta2) {
  OptimizerSpec spec;
  spec.MutableExtension(adamw)->set_beta1(beta1);
  spec.MutableExtension(adamw)->set_beta2(beta2);
  return spec;
}

}  // namespace

OnlineHead::OnlineHead(int64_t embed_dim, int64_t num_classes,
                       const Options& options, const at::Device& device)
    : options_(options),
      weight_(at::zeros({num_classes, embed_dim}, device).requires_grad_()),
      bias_(at::zeros({num_classes}, device).requires_grad_()),
      running_mean_(at::zeros({embed_dim}, device)),
      running_var_(at::ones({embed_dim}, device)),
      optimizer_(MakeOptimizer(AdamW(/*beta1=*/0.9, /*beta2=*/0.999),
                               {{"weight", weight_}, {"bias", bias_}})) {}

at::Tensor OnlineHead::Normalize(const at::Tensor& x, const at::Tensor& known) {
  const int64_t width = x.size(1);
  const at::Tensor rows = x.to(at::kDouble);                      // [B, D]
  const at::Tensor weight = known.to(at::kDouble).view({1, -1});  // [1, B]
  const at::Tensor sums = options_.processes->Sum(
      at::cat({at::mm(weight, rows).view(-1),
               at::mm(weight, rows.square()).view(-1), weight.sum().view(1)}));
  const at::Tensor count = sums[-1];                                     // []
  const at::Tensor mean = sums.slice(0, 0, width) / count.clamp_min(1);  // [D]
  const at::Tensor var =
      (sums.slice(0, width, 2 * width) / count.clamp_min(1) - mean.square())
          .clamp_min(0);  // [D]
  // Fewer than two labelled rows leave the running statistics unchanged.
  const at::Tensor share = (count > 1).to(at::kDouble) * kMomentum;
  running_mean_.add_(share * (mean - running_mean_));
  running_var_.add_(share *
                    (var * count / (count - 1).clamp_min(1) - running_var_));
  return ((rows - mean) / (var + kEpsilon).sqrt()).to(at::kFloat);
}

void OnlineHead::Learn(const at::Tensor& embedding, const at::Tensor& labels) {
  CHECK_EQ(embedding.size(0), labels.size(0));
  const at::NoGradGuard no_grad;
  const at::Tensor known = (labels >= 0).to(at::kFloat);       // [B]
  const at::Tensor x = Normalize(embedding.detach(), known);   // [B, D]
  const at::Tensor logits = at::addmm(bias_, x, weight_.t());  // [B, K]
  const at::Tensor row = labels.clamp_min(0).unsqueeze(1);     // [B, 1]
  const at::Tensor error = at::softmax(logits, 1).scatter_add(
      1, row, -at::ones_like(row, at::kFloat));            // [B, K]
  const at::Tensor gradient = error * known.unsqueeze(1);  // [B, K]
  // The processes add up the sums over the rows and the number of rows in one
  // exchange.
  at::Tensor sums = at::cat({at::mm(gradient.t(), x).flatten(), gradient.sum(0),
                             known.sum().view(1)});
  sums = options_.processes->Sum(sums);
  const at::Tensor mean = sums / sums[-1].clamp_min(1);
  const int64_t weights = weight_.numel();
  weight_.mutable_grad() = mean.slice(0, 0, weights).view_as(weight_);
  bias_.mutable_grad() = mean.slice(0, weights, -1);
  optimizer_->Step(options_.lr);
  optimizer_->ZeroGrad();
}

OnlineHead::Accuracy OnlineHead::Measure(const at::Tensor& features,
                                         const at::Tensor& labels) const {
  const at::NoGradGuard no_grad;
  const at::Tensor x = (features - running_mean_.cpu()) /
                       (running_var_.cpu() + kEpsilon).sqrt();  // [N, D]
  const at::Tensor logits =
      at::addmm(bias_.cpu(), x, weight_.cpu().t());  // [N, K]
  const at::Tensor hits = logits.argmax(1) == labels;
  return {100 * hits.to(at::kDouble).mean().item<double>(),
          at::cross_entropy_loss(logits, labels).item<double>()};
}

vit::StateDict OnlineHead::State() const {
  vit::StateDict state = optimizer_->State();
  state["weight"] = weight_;
  state["bias"] = bias_;
  state["running_mean"] = running_mean_;
  state["running_var"] = running_var_;
  return state;
}

}  // namespace caldera::ssl
