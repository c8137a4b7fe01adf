// New parameters of modules, and modules that have shapes alone.
//
//   weight = register_parameter("weight", vit::NewParameter({out, in}));
//
//   const vit::ShapesOnly scope;
//   const vit::Encoder encoder(spec);  // ViT-Huge takes no memory
//   encoder.named_parameters();        // names, shapes and types
//
// In the scope of a ShapesOnly the constructors of our modules allocate on
// PyTorch's device "meta", whose tensors have no numbers.
//
// Caveat: only constructors that take their parameters and buffers from here do
// so. The scope is that of the calling thread.
#ifndef CALDERA_VIT_PARAMETER_H_
#define CALDERA_VIT_PARAMETER_H_

#include <ATen/core/Tensor.h>

namespace caldera::vit {

class ShapesOnly {
 public:
  ShapesOnly();
  ~ShapesOnly();
  ShapesOnly(const ShapesOnly&) = delete;
  ShapesOnly& operator=(const ShapesOnly&) = delete;

  // Returns true within such a scope.
  static bool active();
};

// Returns an uninitialised tensor of the default type.
at::Tensor NewParameter(at::IntArrayRef sizes);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_PARAMETER_H_
