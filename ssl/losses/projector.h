// The head between an encoder's feature and a loss over pairs of views.
//
//   Projector projector({192, 2048, 128}, /*batch_norm=*/false, seed);
//   at::Tensor z = projector.forward(h);  // [B, 192] -> [B, 128]
//
// Parameters are named 0.weight, 1.running_mean and so on, as in a Sequential
// of the same layers. Weights and biases have PyTorch's default initialisation:
// U(-a, a) with a = 1 / sqrt(inputs), drawn from the seed alone.
//
// vit::SetComputeType sets the type of its products; statistics and outputs
// have the features' type.
//
// Caveat: with batch_norm a row's output depends on the full batch.
#ifndef CALDERA_SSL_LOSSES_PROJECTOR_H_
#define CALDERA_SSL_LOSSES_PROJECTOR_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "vit/model/cost.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {

class Projector : public torch::nn::Module {
 public:
  // Makes layers from dims[i] to dims[i + 1] with ReLU between them; if
  // batch_norm, a BatchNorm precedes each ReLU. keep_statistics: keep running
  // statistics, which training does not read. Without them forward changes no
  // state, and normalises by the batch in eval mode too.
  Projector(const std::vector<int64_t>& dims, bool batch_norm, uint64_t seed,
            bool keep_statistics = true);

  // Projects features [B, dims.front()] to [B, dims.back()].
  at::Tensor forward(const at::Tensor& features);

  // Returns the cost of a forward pass on `rows` features.
  vit::Cost CostOf(int64_t rows) const {
    return CostOf(dims_, !norms_.empty(), rows);
  }
  // The same for a projector that is not built yet.
  static vit::Cost CostOf(const std::vector<int64_t>& dims, bool batch_norm,
                          int64_t rows);
  int64_t output_dim() const { return dims_.back(); }

 private:
  std::vector<int64_t> dims_;
  std::vector<std::shared_ptr<vit::Linear>> layers_;
  std::vector<torch::nn::BatchNorm1d> norms_;  // empty, or one per ReLU
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_PROJECTOR_H_
