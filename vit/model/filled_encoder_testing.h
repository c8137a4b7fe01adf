// Encoders whose every parameter matters, for the tests of encoders.
//
//   const auto encoder = FilledEncoder(spec);
//   ExpectGradients(loss, Leaves(*encoder));
#ifndef CALDERA_VIT_MODEL_FILLED_ENCODER_TESTING_H_
#define CALDERA_VIT_MODEL_FILLED_ENCODER_TESTING_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>

#include "vit/model/encoder.h"
#include "vit/module_testing.h"

namespace caldera::vit {

// Returns an encoder of random numbers, in double.
inline std::shared_ptr<Encoder> FilledEncoder(const EncoderSpec& spec) {
  auto encoder = std::make_shared<Encoder>(spec);
  FillNormal(*encoder, 0.3, 0);
  return encoder;
}

// Returns the parameters by name.
inline std::map<std::string, at::Tensor> Leaves(
    const torch::nn::Module& module) {
  std::map<std::string, at::Tensor> leaves;
  for (const auto& item : module.named_parameters()) {
    leaves[item.key()] = item.value();
  }
  return leaves;
}

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_FILLED_ENCODER_TESTING_H_
