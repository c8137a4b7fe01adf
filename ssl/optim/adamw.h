// AdamW (Loshchilov and Hutter, ICLR 2019) through ATen's fused kernel.
//
//   AdamW optimizer({{"w", w, /*lr_scale=*/1, /*weight_decay=*/0.05}}, {});
//   optimizer.Step(/*lr=*/1e-3);
//
// torch::optim::AdamW runs nine kernels a tensor; this class runs one a group,
// on a CPU one a thread, with the same bits on any number of threads. Its state
// is "exp_avg.<name>", "exp_avg_sq.<name>" and "step.<name>".
#ifndef CALDERA_SSL_OPTIM_ADAMW_H_
#define CALDERA_SSL_OPTIM_ADAMW_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "ssl/optim/optimizer.h"

namespace caldera::ssl {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
};

class AdamW : public Optimizer {
 public:
  AdamW(const std::vector<OptimizerParameter>& parameters,
        const AdamWOptions& options);

  void Update(const at::Tensor& skip) override;

 private:
  AdamWOptions options_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_ADAMW_H_
