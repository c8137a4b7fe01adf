// The IDX format of MNIST and its kin, gzipped or not, from bytes in memory.
// No LibTorch here, so that the parser can be fuzzed on its own.
//
//   absl::StatusOr<IdxData> idx = DecodeIdx(bytes,
//   "train-labels-idx1-ubyte.gz");
//
// A file is: two zero bytes, a type (8 = unsigned byte), the number of
// dimensions, each dimension as a big-endian uint32, then the values.
//
// The bytes are not trusted. No more is inflated than the header announces
// plus one byte, and no more is announced than deflate could have packed into
// the bytes that are there, so a small file cannot ask for a large allocation.
#ifndef CALDERA_DATA_FORMATS_IDX_FORMAT_H_
#define CALDERA_DATA_FORMATS_IDX_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

struct IdxData {
  std::vector<int64_t> dims;  // 1 to 8 of them, each in [0, 2^32)
  std::string payload;        // as many bytes as the product of dims
};

// Parses unsigned-byte IDX; inflates first if `bytes` begin as gzip does.
// InvalidArgument or DataLoss, beginning with `name`, for another magic or type
// of values, a byte count that is not the header's, more than 4 GiB, or a gzip
// stream that is damaged, cut off or followed by anything.
absl::StatusOr<IdxData> DecodeIdx(absl::string_view bytes,
                                  absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_IDX_FORMAT_H_
