// Reads the class folders of a split: the first level of folders in it, to
// which all deeper ones belong.
//
//   auto train = ReadClassFolders("/data/train", /*known=*/{});
//   train->folder;                  // "/data/train/images"
//   NonEmptyClasses(*train);        // {"cat", "dog"}
#ifndef CALDERA_DATA_FORMATS_CLASS_FOLDERS_H_
#define CALDERA_DATA_FORMATS_CLASS_FOLDERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/formats/find_images.h"
#include "data/formats/list_folder.h"
#include "data/formats/not_read.h"
#include "data/formats/split_folders.h"

namespace caldera::data {

struct ClassFolders {
  // The split's folder, or the one in it that has all its images
  // (OnlyImagesFolder) and whose name is none of the known classes.
  std::string folder;
  FolderListing listing;                                // of `folder`
  std::vector<std::string> other_folders, other_files;  // paths, beside it
};

// Errors are those of ListFolder; InvalidArgument for a broken link that may be
// a class.
absl::StatusOr<ClassFolders> ReadClassFolders(
    const std::string& split_folder, const std::vector<std::string>& known);

// Returns the names of the classes that have an image.
absl::StatusOr<std::vector<std::string>> NonEmptyClasses(
    const ClassFolders& classes);

// Returns the images of a class. InvalidArgument if its folders are splits,
// which belong above the classes.
absl::StatusOr<std::vector<FolderImages>> ReadClass(const std::string& folder,
                                                    NotRead* not_read);

// Decides which splits have images and labels, and adds train+unlabeled. A
// split without images is left to `other_folders`. Results cannot be measured
// without labels: where test has none and validation has, validation is the
// test split, and the images of test are unlabeled ones.
absl::Status SettleSplits(const std::vector<std::string>& known,
                          SplitFolders& folders);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CLASS_FOLDERS_H_
