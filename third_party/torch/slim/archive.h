// Stands before torch/serialize/archive.h. torch/nn/module.h includes that header
// for two classes that it only names, and with it TorchScript: a second of
// compile time in every file that uses a module. Nobody here saves or loads
// through it (vit/weights/safetensors.h does). No #pragma once: a file may
// include it both ways.
#ifdef CALDERA_WITHOUT_TORCH_SERIALIZE
namespace torch::serialize {
class InputArchive;
class OutputArchive;
}  // namespace torch::serialize
#else
#include_next <torch/serialize/archive.h>
#endif
