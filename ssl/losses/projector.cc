#include "ssl/losses/projector.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/relu.h>

#include <cmath>
#include <string>

#include "base/random_stream.h"

namespace caldera::ssl {

Projector::Projector(const std::vector<int64_t>& dims, bool batch_norm,
                     uint64_t seed, bool keep_statistics)
    : dims_(dims) {
  int place = 0;  // in the Sequential
  const auto name = [&] { return std::to_string(place++); };
  for (size_t i = 0; i + 1 < dims.size(); ++i) {
    layers_.push_back(register_module(
        name(), std::make_shared<vit::Linear>(dims[i], dims[i + 1])));
    if (i + 2 == dims.size()) break;
    if (batch_norm) {
      norms_.push_back(register_module(
          name(),
          torch::nn::BatchNorm1d(torch::nn::BatchNormOptions(dims[i + 1])
                                     .track_running_stats(keep_statistics))));
    }
    ++place;  // the ReLU
  }
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const double a = 1 / std::sqrt(static_cast<double>(dims[i]));
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(
        base::RandomStream(seed, "projector", 0, i).NextU64());
    layers_[i]->weight.uniform_(-a, a, generator);
    layers_[i]->bias.uniform_(-a, a, generator);
  }
}

at::Tensor Projector::forward(const at::Tensor& features) {
  at::Tensor x = features;
  for (size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i]->forward(x);  // [B, dims[i + 1]]
    if (i + 1 == layers_.size()) break;
    if (!norms_.empty()) {
      x = norms_[i]->forward(x.to(features.scalar_type()));
    }
    x = at::relu(x);
  }
  return x.to(features.scalar_type());
}

vit::Cost Projector::CostOf(const std::vector<int64_t>& dims, bool batch_norm,
                            int64_t rows) {
  vit::Cost cost;
  for (size_t i = 0; i + 1 < dims.size(); ++i) {
    const bool last = i + 2 == dims.size();
    cost += vit::ProductCost(rows, dims[i], dims[i + 1]);
    // The inputs of BatchNorm and the outputs of ReLU are kept.
    cost.activations += (batch_norm && !last ? 2 : 1) * rows * dims[i + 1];
  }
  return cost;
}

}  // namespace caldera::ssl
