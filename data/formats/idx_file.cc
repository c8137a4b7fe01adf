#include "data/formats/idx_file.h"

#include <utility>

#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/bytes_tensor.h"
#include "data/formats/idx_format.h"

namespace caldera::data {
namespace {

// Twice the largest payload; gzip never makes a file longer than that.
constexpr int64_t kMaxFile = int64_t{8} << 30;

}  // namespace

absl::StatusOr<at::Tensor> ReadIdxFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, base::ReadFile(path, kMaxFile));
  return ParseIdx(bytes, path);
}

absl::StatusOr<at::Tensor> ParseIdx(absl::string_view bytes,
                                    absl::string_view name) {
  ASSIGN_OR_RETURN(IdxData idx, DecodeIdx(bytes, name));
  return BytesTensor(std::move(idx.payload), idx.dims);
}

}  // namespace caldera::data
