#ifndef CALDERA_SSL_OPTIM_ADAMW_H_
#define CALDERA_SSL_OPTIM_ADAMW_H_

// AdamW (Loshchilov and Hutter, 2019) through ATen's fused kernel.
//
//   AdamW optimizer(method.named_parameters(), AdamWOptions{});
//   loss.backward();
//   optimizer.Step(/*lr=*/1e-3);
//   optimizer.ZeroGrad();
//
// torch::optim::AdamW runs nine kernels a tensor; this one runs one. Parameters
// of more than one dimension are decayed, the others not: the official MAE's
// rule. Parameters without a gradient are left alone.

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct AdamWOptions {
  double weight_decay = 0.05;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
};

class AdamW {
 public:
  // Names and parameters; parameters that need no gradient are left out.
  AdamW(const std::vector<std::pair<std::string, at::Tensor>>& parameters,
        const AdamWOptions& options);

  // One update with learning rate `lr`.
  void Step(double lr);

  // Drops the gradients; backward then writes new ones without an addition.
  void ZeroGrad();

  // The global 2-norm of all gradients; scales them down where it exceeds
  // `max_norm`, as torch's clip_grad_norm_ does. No host synchronisation.
  at::Tensor ClipGradNorm(double max_norm);

  // "exp_avg.<name>", "exp_avg_sq.<name>" and "step.<name>": the optimizer's
  // own tensors, to be saved or copied into.
  vit::StateDict State() const;

 private:
  struct Group {
    double weight_decay = 0;
    std::vector<std::string> names;
    std::vector<at::Tensor> parameters, exp_avg, exp_avg_sq, step;
  };

  AdamWOptions options_;
  std::vector<Group> groups_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_ADAMW_H_
