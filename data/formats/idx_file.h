// Reads one IDX file, gzipped or not, into a tensor.
//
//   absl::StatusOr<at::Tensor> images =
//       ReadIdxFile("train-images-idx3-ubyte.gz");  // uint8 [60000, 28, 28]
//
// The tensor holds all values in memory. Errors begin with the file's name and
// state what was expected and found; idx_format.h lists what is refused.
#ifndef CALDERA_DATA_FORMATS_IDX_FILE_H_
#define CALDERA_DATA_FORMATS_IDX_FILE_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

// Returns a contiguous uint8 tensor of the file's dimensions. Errors: NotFound,
// PermissionDenied or InvalidArgument if `path` cannot be read or is not a
// regular file, and those of DecodeIdx.
absl::StatusOr<at::Tensor> ReadIdxFile(const std::string& path);

// Parses bytes in memory in the same way; `name` replaces the path in errors.
absl::StatusOr<at::Tensor> ParseIdx(absl::string_view bytes,
                                    absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_IDX_FILE_H_
