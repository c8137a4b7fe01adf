// Parses the records of CIFAR-10's and CIFAR-100's binary version from bytes in
// memory. No LibTorch here, so that the parser can be fuzzed on its own.
//
//   absl::StatusOr<std::vector<uint8_t>> labels =
//       CifarLabels(bytes, kCifar10Format, "data_batch_1.bin");
//
// A file consists of records: 1 label (CIFAR-10) or a coarse and a fine one
// (CIFAR-100), then 1024 red, 1024 green and 1024 blue values, row by row.
// Source: https://www.cs.toronto.edu/~kriz/cifar.html
#ifndef CALDERA_DATA_FORMATS_CIFAR_CIFAR_FORMAT_H_
#define CALDERA_DATA_FORMATS_CIFAR_CIFAR_FORMAT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

struct CifarFormat {
  int64_t label_bytes;  // per record; the last one is the (fine) label
  int64_t num_classes;

  int64_t record_bytes() const { return label_bytes + 3 * 32 * 32; }
};
inline constexpr CifarFormat kCifar10Format{1, 10};
inline constexpr CifarFormat kCifar100Format{2, 100};

// Returns the (fine) label of each record. Errors: InvalidArgument, beginning
// with `name`, if there are no records, the last one is cut off or a label is
// out of range.
absl::StatusOr<std::vector<uint8_t>> CifarLabels(absl::string_view bytes,
                                                 const CifarFormat& format,
                                                 absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CIFAR_CIFAR_FORMAT_H_
