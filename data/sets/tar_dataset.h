// Opens tar shards in WebDataset's naming (tar_samples.h), for sets that are
// read in sequence because they are on a slow or remote disk: root/*.tar, or
// root/train/*.tar and root/val/*.tar (split_folders.h).
//
//   auto train = OpenTarShards("/data/imagenet-wds", Split::kTrain, info, {});
//   (*train)->shards();  // images of each shard, for ShardedEpochOrder
//
// The first opening reads the headers and .cls files of all shards of the
// split, several shards at a time, and keeps an index beside them
// (index_shards.h); 24 bytes per image stay in memory. After that, an image is
// one read at a known offset, so that any order gives the same images;
// ShardedEpochOrder draws an order that reads each file from its beginning to
// its end.
//
// The classes are the lines of root/classes.txt, if it exists. Otherwise they
// are numbers from 0 to the highest in the split: train and test may then
// differ.
#ifndef CALDERA_DATA_SETS_TAR_DATASET_H_
#define CALDERA_DATA_SETS_TAR_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/decode/decode_options.h"
#include "data/sets/dataset.h"

namespace caldera::data {

struct TarOptions {
  DecodeOptions decode;
  int threads = 8;  // for indexing shards
};

// `info` holds what is known about the set: name, mean, std, and possibly
// num_classes and class_names. Errors: InvalidArgument or DataLoss, beginning
// with a path, if there are no shards, a shard is bad (tar_samples.h), a class
// is beyond the known ones, or the split is missing.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenTarShards(
    const std::string& root, Split split, DatasetInfo info,
    const TarOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_TAR_DATASET_H_
