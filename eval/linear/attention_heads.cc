#include "eval/linear/attention_heads.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstddef>

#include "base/random_stream.h"
#include "eval/linear/linear_heads.h"

namespace caldera::eval {
namespace {

// A head's values, in the order of parameters().
struct Head {
  at::Tensor v, c;  // undefined with a depth of 1
  at::Tensor w, classifier, bias;
};

Head Named(const std::vector<at::Tensor>& values) {
  const size_t w = values.size() - 3;
  Head head = {{}, {}, values[w], values[w + 1], values[w + 2]};
  if (w > 0) {
    head.v = values[0];
    head.c = values[1];
  }
  return head;
}

// Returns values uniform in +-1 / sqrt(fan_in), as torch's Linear begins.
at::Tensor Uniform(at::IntArrayRef shape, int64_t fan_in, const char* purpose,
                   uint64_t seed) {
  const at::Tensor values = at::empty(shape, at::kDouble);
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  base::RandomStream stream(seed, purpose, 0, 0);
  double* value = values.mutable_data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    value[i] = bound * (2 * stream.Uniform() - 1);
  }
  return values;
}

// Returns the patch weights [B, N] of tokens [B, N, D].
at::Tensor Weights(const at::Tensor& tokens, const Head& head) {
  const at::Tensor scored =  // [B, N, K or D]
      head.v.defined() ? at::tanh(at::linear(tokens, head.v, head.c)) : tokens;
  return at::softmax(scored.matmul(head.w), 1);  // [B, N]
}

// Returns the weighted mean [B, D] of tokens [B, N, D] with weights [B, N].
at::Tensor Pooled(const at::Tensor& tokens, const at::Tensor& weights) {
  return at::bmm(weights.unsqueeze(1), tokens).squeeze(1);
}

}  // namespace

AttentionHeads::AttentionHeads(int64_t width, int64_t num_classes,
                               const std::vector<double>& weight_decay,
                               const AttentionPoolingSpec& spec,
                               const HeadsOptions& options)
    : optimizer_(options.optimizer, options.momentum, weight_decay,
                 at::device(options.device).dtype(options.dtype)) {
  const auto place = at::device(options.device).dtype(options.dtype);
  const int64_t hidden = spec.hidden_dim() == 0 ? width : spec.hidden_dim();
  const int64_t heads = num_heads();
  for (int64_t h = 0; h < heads; ++h) {
    norms_.emplace_back(width, options.batch_norm, place);
  }
  const auto add = [&](const at::Tensor& first, HeadParameter::Kind kind) {
    parameters_.emplace_back(
        at::stack(std::vector<at::Tensor>(heads, first.to(place))), kind);
  };
  const uint64_t seed = options.seed;
  if (spec.depth() > 1) {
    add(Uniform({hidden, width}, width, "attention V", seed),
        HeadParameter::MATRIX);
    add(Uniform({hidden}, width, "attention c", seed), HeadParameter::VECTOR);
  }
  // It is a matrix of one row in the authors' code.
  const int64_t scored = spec.depth() > 1 ? hidden : width;
  add(Uniform({scored}, scored, "attention w", seed), HeadParameter::MATRIX);
  add(FirstHeadWeights(num_classes, width, seed), HeadParameter::MATRIX);
  add(at::zeros({num_classes}, at::kDouble), HeadParameter::VECTOR);
}

std::vector<at::Tensor> AttentionHeads::ValuesOf(int64_t head) const {
  std::vector<at::Tensor> values;
  for (const HeadParameter& parameter : parameters_) {
    values.push_back(parameter.value[head]);
  }
  return values;
}

void AttentionHeads::Step(const at::Tensor& tokens, const at::Tensor& labels,
                          const std::vector<double>& rates) {
  std::vector<std::vector<at::Tensor>> gradients(parameters_.size());
  for (int64_t h = 0; h < num_heads(); ++h) {
    const at::AutoGradMode with_gradient(true);
    std::vector<at::Tensor> values = ValuesOf(h);
    for (at::Tensor& value : values) {
      value = value.detach().set_requires_grad(true);
    }
    const Head head = Named(values);
    const at::Tensor x =
        norms_[h].Train(Pooled(tokens, Weights(tokens, head)));  // [B, D]
    const at::Tensor loss = at::cross_entropy_loss(
        at::linear(x, head.classifier, head.bias), labels);
    const auto of_head = torch::autograd::grad({loss}, values);
    for (size_t p = 0; p < gradients.size(); ++p) {
      gradients[p].push_back(of_head[p]);
    }
  }
  for (size_t p = 0; p < gradients.size(); ++p) {
    optimizer_.Step(at::stack(gradients[p]), rates, &parameters_[p]);
  }
}

at::Tensor AttentionHeads::Logits(const at::Tensor& tokens) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> logits;
  for (int64_t h = 0; h < num_heads(); ++h) {
    const Head head = Named(ValuesOf(h));
    const at::Tensor x =
        norms_[h].Evaluate(Pooled(tokens, Weights(tokens, head)));
    logits.push_back(at::linear(x, head.classifier, head.bias));  // [B, C]
  }
  return at::stack(logits, 1);
}

at::Tensor AttentionHeads::PatchWeights(const at::Tensor& tokens) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> weights;
  for (int64_t h = 0; h < num_heads(); ++h) {
    weights.push_back(Weights(tokens, Named(ValuesOf(h))));  // [B, N]
  }
  return at::stack(weights, 1);
}

at::Tensor AttentionHeads::Finite() const {
  at::Tensor finite =
      at::ones({num_heads()}, parameters_[0].value.options().dtype(at::kBool));
  for (const HeadParameter& parameter : parameters_) {
    finite =
        finite.logical_and(at::isfinite(parameter.value).flatten(1).all(1));
  }
  return finite;
}

}  // namespace caldera::eval
