// What lies in a folder, sorted by name: sub-folders, images, other files.
//
//   absl::StatusOr<FolderListing> root = ListFolder("/data/my_set");
//   root->folders;  // {"cat", "dog"}
//
// Only this folder is read, never those below it, so that a symbolic link that
// leads back up is one more folder and no endless walk.
#ifndef CALDERA_DATA_FORMATS_LIST_FOLDER_H_
#define CALDERA_DATA_FORMATS_LIST_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

// Names without the folder's path, in the order of their bytes; those that
// begin with a dot are left out. Symbolic links count as what they lead to. One
// that leads nowhere and is named like an image counts as an image: reading it
// will fail, as that of any damaged image does.
struct FolderListing {
  std::vector<std::string> folders, images, others;
};

// Errors begin with a path: NotFound, PermissionDenied or what the disk
// answers; InvalidArgument for a link that leads nowhere or to itself.
absl::StatusOr<FolderListing> ListFolder(const std::string& path);

// Ends in .jpg, .jpeg, .png, .webp or .bmp, in any case.
bool IsImageName(absl::string_view name);

bool IsFolder(const std::string& path);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_LIST_FOLDER_H_
