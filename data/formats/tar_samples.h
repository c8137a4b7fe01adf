// Lists the samples of a tar shard in WebDataset's naming: consecutive members
// with the same name up to the first dot form one sample; key.jpg (or another
// ending of data/decode/image_format.h) is its image and key.cls, a decimal
// number as text, its class.
//
//   absl::StatusOr<std::vector<TarSample>> samples =
//       ListTarSamples(bytes_in_file, read_at, "shard-000000.tar");
//
// Other members of a sample (key.json, key.txt) are skipped. No LibTorch here.
// Source: https://github.com/webdataset/webdataset, "The WebDataset
// Format".
#ifndef CALDERA_DATA_FORMATS_TAR_SAMPLES_H_
#define CALDERA_DATA_FORMATS_TAR_SAMPLES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/formats/tar_format.h"

namespace caldera::data {

struct TarSample {
  int64_t offset, size;  // the encoded image in the shard, in bytes
  int32_t label;         // -1 without .cls
};

// A larger label is a mistake, and would require as many class names.
inline constexpr int32_t kMaxTarLabel = (1 << 20) - 1;

// Returns the samples in the order of the archive. Errors begin with `name`:
// those of ListTar, and InvalidArgument for a shard without samples, a sample
// without an image or with two, an empty image, or a class that is not a number
// from 0 to kMaxTarLabel.
absl::StatusOr<std::vector<TarSample>> ListTarSamples(int64_t archive_size,
                                                      const ReadAt& read_at,
                                                      absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_SAMPLES_H_
