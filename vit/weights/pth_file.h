// Reads and writes state dicts in the format of torch.save (.pth, .pt).
//
//   absl::StatusOr<vit::PthFile> file =
//       vit::ReadPth("mae_pretrain_vit_base.pth");
//   file->tensors.at("blocks.0.attn.qkv.weight");
//   absl::Status status = vit::WritePth("encoder.pth", file->tensors);
//
// Reading executes nothing from the file and maps it: a tensor costs memory
// when it is first touched. Views keep their strides and shared storages stay
// shared. pth_index.h lists the files that can be read.
#ifndef CALDERA_VIT_WEIGHTS_PTH_FILE_H_
#define CALDERA_VIT_WEIGHTS_PTH_FILE_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mapped_file.h"

namespace caldera::vit {

struct PthFile {
  std::map<std::string, at::Tensor> tensors;  // on the CPU
  std::vector<std::string> ignored;   // names of values that are no tensors
  std::string container;              // keys of the state dict: "model", or ""
  std::optional<std::string> prefix;  // of the ViT's names; none: no ViT
  std::string note;  // which ViT was chosen of several; else empty
};

// Reads the file at `path`. Errors: those of base::MappedFile::Open and
// ParsePthIndex.
absl::StatusOr<PthFile> ReadPth(const std::string& path);

// Reads a file that is already mapped; `path` is for errors. key: see
// ChooseVit.
absl::StatusOr<PthFile> ReadPth(
    const std::shared_ptr<const base::MappedFile>& file,
    const std::string& path, const std::string& key = "");

// Writes {"model": OrderedDict}, which torch.load(path, weights_only=True)
// reads, to a temporary file and renames it. Tensors may be on any device and
// of any layout; they are written contiguously. Errors: those of ReplaceFile;
// InvalidArgument for a dtype that ReadPth lacks and for files of 4 GiB and
// more.
absl::Status WritePth(const std::string& path,
                      const std::map<std::string, at::Tensor>& tensors);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_PTH_FILE_H_
