// Stochastic gradient descent with momentum through ATen's fused kernel.
//
//   Sgd optimizer({{"w", w, /*lr_scale=*/1, /*weight_decay=*/1e-4}}, {});
//   optimizer.Step(/*lr=*/0.1);
//
// As in PyTorch, the momentum adds up gradients, and the current rate
// multiplies all of it. Its state is "momentum.<name>".
#ifndef CALDERA_SSL_OPTIM_SGD_H_
#define CALDERA_SSL_OPTIM_SGD_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "ssl/optim/optimizer.h"

namespace caldera::ssl {

struct SgdOptions {
  double momentum = 0.9;
  bool nesterov = false;
};

class Sgd : public Optimizer {
 public:
  Sgd(const std::vector<OptimizerParameter>& parameters,
      const SgdOptions& options);

  void Update(const at::Tensor& skip) override;

 private:
  SgdOptions options_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_SGD_H_
