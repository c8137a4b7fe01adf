// Finds the folders of a set's splits: root/train and root/val, or root alone.
//
//   absl::StatusOr<SplitFolders> folders = FindSplitFolders("/data/imagenet");
//   folders->train;  // "/data/imagenet/train"
//   folders->test;   // "/data/imagenet/val"
//
// A folder belongs to a split by its name, in any case:
//
//   train, training
//   val, valid, validation, dev, eval, evaluation
//   test, testing
//   unlabeled, unlabelled
//
// also with a year or a word that says nothing more behind it (train2017,
// test_set, "Training Images"), or with the same text before each of them
// (seg_train and seg_test).
#ifndef CALDERA_DATA_FORMATS_SPLIT_FOLDERS_H_
#define CALDERA_DATA_FORMATS_SPLIT_FOLDERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/formats/list_folder.h"
#include "data/split.h"

namespace caldera::data {

struct SplitFolders {
  // "" where there is none. A val folder is `validation` beside a test folder,
  // and `test` without one.
  std::string train, test, validation, unlabeled;
  std::vector<Split> splits;
  // What lies beside the folders of the splits, as paths.
  std::vector<std::string> other_folders, other_files;

  // Returns the folder of `split`; "" if there is none, train for
  // train+unlabeled.
  const std::string& of(Split split) const {
    switch (split) {
      case Split::kTest:
        return test;
      case Split::kValidation:
        return validation;
      case Split::kUnlabeled:
        return unlabeled;
      default:
        return train;
    }
  }
  // Makes `splits` those that have a folder; train+unlabeled, of two folders,
  // is not among them.
  void ListSplits();
};

// Returns the folders of the splits. They are splits if there are two of train,
// val and test, or train and unlabeled; a single one is if no other folder
// holds images (a vehicle may be a train) and, other than for train, no image
// lies beside it. Otherwise `root` is the split train, and its folders are
// classes.
//
// Where all images are in one folder of `root`, that is taken instead if it
// holds splits or several folders of images, or is no class by its name
// (OnlyImagesFolder): an archive that was unpacked into a folder of its own.
//
// Errors: those of ListFolder; InvalidArgument, beginning with a path, for two
// folders of one split, or a broken link that may be a folder.
absl::StatusOr<SplitFolders> FindSplitFolders(const std::string& root);

// Returns the name of the only sub-folder of `folder` that holds images, if no
// image lies beside it and the name says nothing more (images, img, photos,
// data, JPEGImages, or that of `folder` again); else "". Folders that are
// called masks, labels, annotations or the like do not count.
absl::StatusOr<std::string> OnlyImagesFolder(const std::string& folder,
                                             const FolderListing& listing);

// True if the names of folders are those of splits, train and another one.
bool AreSplitNames(const std::vector<std::string>& names);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_SPLIT_FOLDERS_H_
