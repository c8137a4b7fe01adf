// LARS (You, Gitman, Ginsburg, 2017): SGD with momentum that scales the
// gradient of each parameter to a fixed share of the parameter's own norm.
//
//   Lars optimizer({{"w", w}}, LarsOptions{});
//   optimizer.Step(/*lr=*/6.4);
//
//   d = g + weight_decay p;  d = d trust_coefficient |p| / |d|
//   m = momentum m + d;      p = p - lr m
//
// Parameters of one dimension keep their gradient unchanged, without scaling
// and without decay, and the scale is 1 if |p| or |d| is 0: the rule of
// facebookresearch/mae, util/lars.py. Its state is "momentum.<name>".
#ifndef CALDERA_SSL_OPTIM_LARS_H_
#define CALDERA_SSL_OPTIM_LARS_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "ssl/optim/optimizer.h"

namespace caldera::ssl {

struct LarsOptions {
  double momentum = 0.9;
  double trust_coefficient = 0.001;
};

class Lars : public Optimizer {
 public:
  Lars(const std::vector<OptimizerParameter>& parameters,
       const LarsOptions& options);

  void Update(const at::Tensor& skip) override;

 private:
  LarsOptions options_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_LARS_H_
