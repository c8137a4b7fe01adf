// Finds the samples of a folder's tar shards, and keeps an index beside them.
//
//   std::vector<ReadShard> shards =
//       IndexShards("/data/imagenet/train", {"0.tar", "1.tar"}, /*threads=*/8);
//
// The file .caldera_index in the folder holds the result (tar_index.h), so that
// the headers of a shard are read once, and again only if its size or time has
// changed, or other kinds of images are read than before. It keeps other shards
// of the folder, such as those of another split. If the folder cannot be
// written, each start reads them. No LibTorch here.
#ifndef CALDERA_DATA_FORMATS_TAR_INDEX_SHARDS_H_
#define CALDERA_DATA_FORMATS_TAR_INDEX_SHARDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "data/formats/tar/tar_index.h"

namespace caldera::data {

struct ReadShard : IndexedShard {
  // Not OK for a shard without contents; begins with its path. Errors are those
  // of ShardFile and ListTarSamples.
  absl::Status status;
};

// Returns one entry for each of `names`, in their order, read with `threads`
// threads. The index keeps those without an error.
std::vector<ReadShard> IndexShards(const std::string& folder,
                                   const std::vector<std::string>& names,
                                   int threads);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_INDEX_SHARDS_H_
