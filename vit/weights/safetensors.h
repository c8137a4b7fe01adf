// Reads and writes the safetensors format: 8 bytes of header length, a JSON
// header, and the tensors' bytes, little-endian and row-major.
//
//   vit::Safetensors file;
//   file.tensors["norm.weight"] = weight;
//   file.metadata["format"] = "pt";
//   RETURN_IF_ERROR(vit::WriteSafetensors("encoder.safetensors", file));
//   absl::StatusOr<vit::Safetensors> again =
//       vit::ReadSafetensors("encoder.safetensors");
//
// The dtypes F32, F64, F16, BF16, I64, I32, I16, I8, U8 and BOOL are supported;
// tensors of others (float8, complex numbers) are passed over by name.
// Reading maps the file: a tensor costs memory when it is first touched
// (base/mapped_file.h states the caveat).
#ifndef CALDERA_VIT_WEIGHTS_SAFETENSORS_H_
#define CALDERA_VIT_WEIGHTS_SAFETENSORS_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mapped_file.h"

namespace caldera::vit {

struct Safetensors {
  std::map<std::string, at::Tensor> tensors;    // on the CPU, contiguous
  std::map<std::string, std::string> metadata;  // the header's __metadata__
  // Names of tensors that were read over, because their type is none of these.
  std::vector<std::string> ignored = {};
};

// Reads the file at `path`. Errors: those of base::MappedFile::Open;
// InvalidArgument, naming file, tensor and value, for a header that is no JSON
// object, nests deeply or holds a key twice, a shape that does not match its
// bytes, or offsets that overlap, leave holes or run past
// the end.
absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path);

// Reads a file that is already mapped; `path` is for errors.
absl::StatusOr<Safetensors> ReadSafetensors(
    const std::shared_ptr<const base::MappedFile>& file,
    const std::string& path);

// Reads from bytes in memory, which are copied; `name` replaces the path in
// errors.
absl::StatusOr<Safetensors> ParseSafetensors(absl::string_view bytes,
                                             const std::string& name);

// Writes a temporary file, fsyncs and renames it: `path` is never a
// half-written file. Tensors may be on any device and of any layout. Errors:
// those of ReplaceFile; InvalidArgument for a dtype that the format lacks, a
// tensor that is named __metadata__, and text that is not UTF-8.
absl::Status WriteSafetensors(const std::string& path, const Safetensors& file);

// The content of a file, for code that writes files in another way than
// WriteSafetensors: `header` (which begins with its length), followed by the
// bytes of each tensor in turn.
struct SafetensorsLayout {
  std::string header;
  std::vector<at::Tensor> tensors;  // on the CPU, contiguous
};

// Returns the content of a file. Errors: the InvalidArgument errors of
// WriteSafetensors.
absl::StatusOr<SafetensorsLayout> LayOutSafetensors(const std::string& path,
                                                    const Safetensors& file);

// Returns the bytes of a contiguous tensor on the CPU.
absl::string_view TensorBytes(const at::Tensor& tensor);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_SAFETENSORS_H_
