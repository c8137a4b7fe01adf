// Parses the IDX format of MNIST and similar sets, gzipped or not, from bytes
// in memory. No LibTorch here, so that the parser can be fuzzed on its own.
//
//   absl::StatusOr<IdxData> idx =
//       DecodeIdx(bytes, "train-labels-idx1-ubyte.gz");
//
// A file consists of two zero bytes, a type (8 = unsigned byte), the number of
// dimensions, each dimension as a big-endian uint32, then the values.
//
// The bytes are not trusted. The parser inflates at most one byte more than the
// header announces, and refuses a header that announces more than deflate could
// have packed into the given bytes, so that a small file cannot cause a large
// allocation.
#ifndef CALDERA_DATA_FORMATS_IDX_FORMAT_H_
#define CALDERA_DATA_FORMATS_IDX_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

struct IdxData {
  std::vector<int64_t> dims;  // 1 to 8 sizes, each in [0, 2^32)
  std::string payload;        // as many bytes as the product of dims
};

// Returns the dimensions and values of unsigned-byte IDX; inflates `bytes`
// first if they begin with gzip's signature. Errors: InvalidArgument or
// DataLoss, beginning with `name`, for another magic or type of values, a byte
// count that differs from the header's, more than 4 GiB, or a gzip stream that
// is damaged, cut off or followed by anything.
absl::StatusOr<IdxData> DecodeIdx(absl::string_view bytes,
                                  absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_IDX_FORMAT_H_
