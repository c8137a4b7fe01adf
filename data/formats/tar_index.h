// The index of a folder's shards in a file, so that headers which lie all over
// a remote disk are read once and not at each start. No LibTorch here.
//
//   absl::StatusOr<std::vector<IndexedShard>> shards =
//       ParseTarIndex(bytes, ".caldera_index");
//   bytes = TarIndexBytes(*shards);
//
// Text: a line for the format, then for each shard a line "shard BYTES TIME
// IMAGES NAME" and for each image "OFFSET SIZE LABEL". Whoever uses an entry
// compares the shard's size and time with the file's.
#ifndef CALDERA_DATA_FORMATS_TAR_INDEX_H_
#define CALDERA_DATA_FORMATS_TAR_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/formats/tar_samples.h"

namespace caldera::data {

struct IndexedShard {
  std::string name;         // in its folder
  int64_t bytes = 0;        // of the file
  int64_t modified_ns = 0;  // the file's time, since 1970
  std::vector<TarSample> samples;
};

std::string TarIndexBytes(const std::vector<IndexedShard>& shards);

// DataLoss, beginning with `name` and the line, for what TarIndexBytes has not
// written whole, or images that lie outside their shard.
absl::StatusOr<std::vector<IndexedShard>> ParseTarIndex(absl::string_view bytes,
                                                        absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_INDEX_H_
