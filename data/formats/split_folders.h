// Where a set of files keeps its splits: root/train and root/val, or all in
// root.
//
//   absl::StatusOr<SplitFolders> folders = FindSplitFolders("/data/imagenet");
//   folders->train;  // "/data/imagenet/train"
//   folders->test;   // "/data/imagenet/val"
#ifndef CALDERA_DATA_FORMATS_SPLIT_FOLDERS_H_
#define CALDERA_DATA_FORMATS_SPLIT_FOLDERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/split.h"

namespace caldera::data {

struct SplitFolders {
  std::string train, test;  // "" where there is none
  std::vector<Split> splits;

  const std::string& of(Split split) const {
    return split == Split::kTest ? test : train;
  }
};

// The folders of a split are train, and the first of val, validation and test
// that is there. They count as such where both are there, or where one of them
// is the only folder; else `root` itself is the split train (its folders are
// classes, even one that is called train). Errors of ListFolder.
absl::StatusOr<SplitFolders> FindSplitFolders(const std::string& root);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_SPLIT_FOLDERS_H_
