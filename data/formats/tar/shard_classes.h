// Gives the classes of tar shards the same numbers in all splits.
//
//   absl::StatusOr<std::vector<std::string>> listed = ListedClasses(root);
//   absl::StatusOr<std::vector<std::string>> names =
//       NumberClasses(root, *listed, 0, {&val_shards}, train_shards);
#ifndef CALDERA_DATA_FORMATS_TAR_SHARD_CLASSES_H_
#define CALDERA_DATA_FORMATS_TAR_SHARD_CLASSES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/formats/tar/index_shards.h"

namespace caldera::data {

// Returns the lines of root/classes.txt without blanks around them and without
// empty lines at the end; none if there is no such file. Errors begin with the
// file's path: those of ReadLines, and InvalidArgument for an empty line among
// others, which would shift the numbers behind it.
absl::StatusOr<std::vector<std::string>> ListedClasses(const std::string& root);

// Replaces the labels in `shards` that are names by numbers, and returns the
// classes' names. With `listed` classes, a number is a line of theirs (from 0)
// and a name is one of them. Otherwise the classes are those of `shards` and
// `other_splits` together: numbers from 0 to the highest, at least
// `num_classes` of them, or the names in the order of their bytes. Shards with
// an error are left out. Errors begin with `root`: InvalidArgument for a class
// beyond those that are listed or known, and for both names and numbers.
absl::StatusOr<std::vector<std::string>> NumberClasses(
    const std::string& root, const std::vector<std::string>& listed,
    int64_t num_classes,
    const std::vector<std::vector<ReadShard>>& other_splits,
    std::vector<ReadShard>& shards);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_SHARD_CLASSES_H_
