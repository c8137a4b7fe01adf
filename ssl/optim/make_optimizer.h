// Makes the optimizer that a validated spec names.
//
//   std::unique_ptr<Optimizer> optimizer = MakeOptimizer(
//       spec, OptimizerParameters(spec, named_parameters, /*depth=*/12));
#ifndef CALDERA_SSL_OPTIM_MAKE_OPTIMIZER_H_
#define CALDERA_SSL_OPTIM_MAKE_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ssl/optim/optim.pb.h"
#include "ssl/optim/optimizer.h"

namespace caldera::ssl {

// Returns the parameters with the rates and decays that the spec gives them by
// name: layer-wise decay of the rate in an encoder of `depth` blocks, and
// weight decay for parameters of more than one dimension (for all with
// weight_decay_all) unless no_weight_decay contains their name or the end of
// their name after a dot. Source of the rule: facebookresearch/mae,
// util/lr_decay.py.
std::vector<OptimizerParameter> OptimizerParameters(
    const OptimizerSpec& spec,
    const std::vector<std::pair<std::string, at::Tensor>>& parameters,
    int64_t depth);

// Makes the optimizer that the spec names. CHECK: the spec is valid.
std::unique_ptr<Optimizer> MakeOptimizer(
    const OptimizerSpec& spec,
    const std::vector<OptimizerParameter>& parameters);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_MAKE_OPTIMIZER_H_
