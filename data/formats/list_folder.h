// Lists a folder, sorted by name: sub-folders, images (files that are named
// like those of a registered format, data/decode/image_format.h), other files.
//
//   absl::StatusOr<FolderListing> root = ListFolder("/data/my_set");
//   root->folders;  // {"cat", "dog"}
//
// Only this folder is read, never those below it, so that a symbolic link to a
// parent is one more folder and not an endless walk.
#ifndef CALDERA_DATA_FORMATS_LIST_FOLDER_H_
#define CALDERA_DATA_FORMATS_LIST_FOLDER_H_

#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

// Names without the folder's path, in the order of their bytes; names that
// begin with a dot are left out. A symbolic link counts as its target. A broken
// link that is named like an image counts as an image: reading it fails, as
// reading any damaged image does.
struct FolderListing {
  std::vector<std::string> folders, images, others;
};

// Errors begin with a path: NotFound, PermissionDenied or another error of the
// disk; InvalidArgument for a link that is broken or leads to itself.
absl::StatusOr<FolderListing> ListFolder(const std::string& path);

// True if one of `wanted` is among `names`, which are sorted as in a listing.
bool HasAny(const std::vector<std::string>& names,
            std::initializer_list<absl::string_view> wanted);

// True if `path` is a folder or a link to one.
bool IsFolder(const std::string& path);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_LIST_FOLDER_H_
