// Reads the weights of a module by name, and loads them again.
//
//   vit::StateDict state = vit::GetStateDict(*encoder);
//   absl::Status status = vit::LoadStateDict(*encoder, state, "weights.pth");
//
// A state dict has the parameters and the buffers, as PyTorch's state_dict().
// Its tensors are the module's own, not copies.
#ifndef CALDERA_VIT_STATE_DICT_H_
#define CALDERA_VIT_STATE_DICT_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <string>

#include "absl/status/status.h"

namespace caldera::vit {

using StateDict = std::map<std::string, at::Tensor>;

// Returns the tensors of `module`, with `prefix` in front of their names.
StateDict GetStateDict(const torch::nn::Module& module,
                       const std::string& prefix = "");

// Copies `state` into `module` in place (values are cast to its types). Errors:
// InvalidArgument that names `source` and the first missing, unexpected or
// differently shaped tensor; the module is then unchanged.
absl::Status LoadStateDict(torch::nn::Module& module, const StateDict& state,
                           const std::string& source);

// Copies `from` into the tensors `to`, which the caller has collected, as
// LoadStateDict does.
absl::Status CopyStateDict(const StateDict& from, const StateDict& to,
                           const std::string& source);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_STATE_DICT_H_
