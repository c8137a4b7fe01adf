#ifndef CALDERA_SSL_METHODS_METHOD_H_
#define CALDERA_SSL_METHODS_METHOD_H_

// The seam between the training loop and the learning methods.
//
//   StepOutput out = method.Step(batch, streams);
//   for (const Term& term : out.terms) total = total + term.weight *
//   term.value;
//
// A method is one file that can be read in one sitting; the loop knows none by
// name. To add one: a message in methods.proto and in Experiment's oneof, a
// class in its own file here, a case in make_method.cc.

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/random_stream.h"
#include "ssl/losses/auxiliary_loss.h"
#include "vit/encoder.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

// A batch as methods see it: on the device, normalised.
struct DeviceBatch {
  std::vector<at::Tensor> views;  // V x float [B, C, H, W]
  at::Tensor labels;              // int64 [B], -1 unknown, on the device
  at::Tensor index;               // int64 [B], on the CPU
};

struct Term {
  std::string name;
  at::Tensor value;   // scalar, not weighted
  double weight = 1;  // its factor in the total
};

struct StepOutput {
  std::vector<Term> terms;  // the method's own
  StepContext context;      // what auxiliary losses read
};

// What a method makes of masked images, for pictures.
struct Reconstruction {
  at::Tensor images;  // [B, C, H, W], in the units of the input
  at::Tensor mask;    // [B, N], 1 = removed
};

class Method : public torch::nn::Module {
 public:
  // The forward pass of one training step. `streams` give every random draw.
  virtual StepOutput Step(const DeviceBatch& batch,
                          const data::Streams& streams) = 0;
  virtual vit::Encoder& encoder() = 0;
  // Weights under the names of the official code: the encoder's and the
  // decoder's own names, without the names of the members that hold them.
  virtual vit::StateDict NamedState() const = 0;
  // Nothing for methods that do not reconstruct.
  virtual std::optional<Reconstruction> Reconstruct(
      const DeviceBatch& /*batch*/, const data::Streams& /*streams*/) {
    return std::nullopt;
  }
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_METHOD_H_
