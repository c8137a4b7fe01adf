// Reads one IDX file, gzipped or not, into a tensor.
//
//   absl::StatusOr<at::Tensor> images =
//       ReadIdxFile("train-images-idx3-ubyte.gz");  // uint8 [60000, 28, 28]
//
// The whole file is held in memory. Errors begin with the file's name and say
// what was expected and found; see idx_format.h for what is refused.
#ifndef CALDERA_DATA_FORMATS_IDX_FILE_H_
#define CALDERA_DATA_FORMATS_IDX_FILE_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

// uint8, of the file's dimensions, contiguous. NotFound, PermissionDenied or
// InvalidArgument where `path` cannot be read or is no regular file.
absl::StatusOr<at::Tensor> ReadIdxFile(const std::string& path);

// The same from bytes in memory; `name` stands for the file in errors.
absl::StatusOr<at::Tensor> ParseIdx(absl::string_view bytes,
                                    absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_IDX_FILE_H_
