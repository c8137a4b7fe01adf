// Finds the names that a shard gives to its samples.
//
//   absl::StatusOr<std::vector<std::string>> names =
//       SampleNames(*shard, contents.samples);
//   (*names)[0];  // "train/000123.jpg"
//
// The index of a folder's shards (index_shards.h) has no names, which would be
// most of it; they are read from the shard's headers again by who writes them
// down. No LibTorch here.
#ifndef CALDERA_DATA_FORMATS_TAR_SAMPLE_NAMES_H_
#define CALDERA_DATA_FORMATS_TAR_SAMPLE_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/formats/tar/shard_file.h"
#include "data/formats/tar/tar_samples.h"

namespace caldera::data {

// Returns the name of each of `samples`, which are all or some of the shard's
// in its order. Errors begin with the shard's path: those of ListTar; DataLoss
// if a sample is not in the shard (it has changed).
absl::StatusOr<std::vector<std::string>> SampleNames(
    const ShardFile& shard, const std::vector<TarSample>& samples);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_SAMPLE_NAMES_H_
