// Stands before torch/serialize/archive.h, which torch/nn/module.h includes for
// two classes that it only names. LibTorch's own header brings TorchScript: a
// second of compile time in every file that uses a module. Nobody here saves or
// loads through it (vit/weights/safetensors.h does).
#pragma once

namespace torch::serialize {
class InputArchive;
class OutputArchive;
}  // namespace torch::serialize
