// Finds the tar shards of a set's splits.
//
//   absl::StatusOr<ShardSplits> found = FindShards("/data/set");
//   found->splits[0].names;  // {"000.tar", "001.tar"}, in splits[0].folder
//
// The splits are folders (split_folders.h) or, in a folder without such, the
// names of the shards: train-000.tar and val-000.tar, set-train-0.tar and
// set-validation-0.tar. Shards may lie in folders below the split's.
#ifndef CALDERA_DATA_FORMATS_TAR_FIND_SHARDS_H_
#define CALDERA_DATA_FORMATS_TAR_FIND_SHARDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/formats/not_read.h"
#include "data/split.h"

namespace caldera::data {

struct ShardSplit {
  Split split;
  std::string folder;
  // Paths below `folder`, in the order of their bytes.
  std::vector<std::string> names;
  NotRead not_read;  // what else lies in the folder
  // Not OK if a folder could not be listed; begins with its path.
  absl::Status status;
};

struct ShardSplits {
  // The folder of the splits; below the one that was asked for if that holds a
  // single folder and neither shards nor classes.txt, as after unpacking an
  // archive.
  std::string root;
  std::vector<ShardSplit> splits;  // at least one
};

// Shards make splits by their names if each name has one of the words of
// split_folders.h, and both a train split and another one come out; otherwise
// all are the split train. What lies beside the folders of the splits belongs
// to the first one's not_read. Errors are those of FindSplitFolders and
// LeaveOut.
absl::StatusOr<ShardSplits> FindShards(const std::string& root);

// True if the folder of the first split, or one below it, holds tar files, and
// none of them holds images; at most 100 folders are looked at. Errors are
// those of FindSplitFolders.
absl::StatusOr<bool> HoldsShards(const std::string& root);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_FIND_SHARDS_H_
