// Finds the folders of a set's splits: root/train and root/val, or root alone.
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

  // Returns the folder of `split`; "" if there is none.
  const std::string& of(Split split) const {
    return split == Split::kTest ? test : train;
  }
};

// Returns root/train, and the first that exists of root/val, root/validation
// and root/test. They count as splits if both exist, or if one of them is the
// only folder; otherwise `root` itself is the split train (its folders are
// classes, even one that is called train). Errors are those of ListFolder.
absl::StatusOr<SplitFolders> FindSplitFolders(const std::string& root);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_SPLIT_FOLDERS_H_
