// Parses the files of CIFAR-10's and CIFAR-100's python version, the one that
// torchvision downloads. No LibTorch here, so that the parser can be fuzzed on
// its own.
//
//   absl::StatusOr<CifarBatch> batch =
//       ParseCifarBatch(bytes, kCifar10Pickle, "data_batch_1");
//   batch->labels.size();  // 10000
//
// A file is a pickled dictionary: "data" is a NumPy array of bytes [N, 3072],
// an image's red values, then green, then blue, and "labels" or "fine_labels"
// has N classes. It may have been written by Python 2 or 3 and any NumPy.
// Source: https://www.cs.toronto.edu/~kriz/cifar.html
//
// Nothing in a file is executed (base/pickle/pickle.h). NumPy's functions are
// recognised by their names, and a file that names any other is refused.
#ifndef CALDERA_DATA_FORMATS_CIFAR_CIFAR_PICKLE_H_
#define CALDERA_DATA_FORMATS_CIFAR_CIFAR_PICKLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

// The keys of a set's dictionaries.
struct CifarPickle {
  absl::string_view labels;       // of a batch
  absl::string_view class_names;  // of the file that describes the set
  int64_t num_classes;
};
inline constexpr CifarPickle kCifar10Pickle{"labels", "label_names", 10};
inline constexpr CifarPickle kCifar100Pickle{"fine_labels", "fine_label_names",
                                             100};

struct CifarBatch {
  std::string pixels;           // [N, 3, 32, 32]
  std::vector<uint8_t> labels;  // [N]; at least one
};

// Returns the images of a batch. Errors: InvalidArgument, beginning with
// `name`, for another pickle, an array of another shape or type, and labels
// that are out of range or not as many as there are images.
absl::StatusOr<CifarBatch> ParseCifarBatch(absl::string_view bytes,
                                           const CifarPickle& set,
                                           const std::string& name);

// Returns the names of the classes in "batches.meta" or "meta". Errors:
// InvalidArgument, beginning with `name`.
absl::StatusOr<std::vector<std::string>> ParseCifarClassNames(
    absl::string_view bytes, const CifarPickle& set, const std::string& name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CIFAR_CIFAR_PICKLE_H_
