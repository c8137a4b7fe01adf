// Finds the samples of a folder's tar shards, and keeps an index beside them.
//
//   absl::StatusOr<std::vector<IndexedShard>> shards =
//       IndexShards("/data/imagenet/train", {"0.tar", "1.tar"}, /*threads=*/8);
//
// The file .caldera_index in the folder holds the result (tar_index.h), so that
// the headers of a shard are read once, and again only if its size or time has
// changed. If the folder cannot be written, each start reads them. No LibTorch
// here.
#ifndef CALDERA_DATA_FORMATS_INDEX_SHARDS_H_
#define CALDERA_DATA_FORMATS_INDEX_SHARDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/formats/tar_index.h"

namespace caldera::data {

// Returns one entry for each of `names`, in their order, read with `threads`
// threads. Returns the error of the first bad shard, which begins with its
// path: those of ShardFile and ListTarSamples.
absl::StatusOr<std::vector<IndexedShard>> IndexShards(
    const std::string& folder, const std::vector<std::string>& names,
    int threads);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_INDEX_SHARDS_H_
