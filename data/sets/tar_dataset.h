// Tar shards in WebDataset's naming (tar_samples.h), for sets that are read in
// sequence because they lie on a slow or remote disk: root/*.tar, or
// root/train/*.tar and root/val/*.tar (split_folders.h).
//
//   auto train = OpenTarShards("/data/imagenet-wds", Split::kTrain, info, {});
//   (*train)->shards();  // images of each shard, for ShardedEpochOrder
//
// Opening for the first time reads the headers of all shards of the split (all
// its .cls files too), several shards at a time, and keeps what it found beside
// them (index_shards.h); 24 bytes an image stay in memory. After that image i
// is one read at a known place, so that any order gives the same images, and
// ShardedEpochOrder gives an order that reads the files from their beginning to
// their end.
//
// Classes: the lines of root/classes.txt, where it is there. Else they are
// numbers from 0 to the highest in the split: train and test may then differ.
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
  int threads = 8;  // that index shards
};

// `info` is what is known of the set: name, mean, std, and where it has them
// num_classes and class_names. InvalidArgument or DataLoss, beginning with a
// path, for no shards, bad ones (tar_samples.h), a class beyond those known,
// or a split that is not there.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenTarShards(
    const std::string& root, Split split, DatasetInfo info,
    const TarOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_TAR_DATASET_H_
