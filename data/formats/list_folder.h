// Lists a folder, sorted by name: sub-folders, images (files that are named
// like those of a registered format, data/decode/image_format.h), other files.
//
//   absl::StatusOr<FolderListing> root = ListFolder("/data/my_set");
//   root->folders;  // {"cat", "dog"}
//
// A file whose name has no ending is an image if it begins like one.
//
// What a system or a program leaves in every folder is passed over as if it
// were not there (IsLitter). Only this folder is read; find_images.h reads
// those below it.
#ifndef CALDERA_DATA_FORMATS_LIST_FOLDER_H_
#define CALDERA_DATA_FORMATS_LIST_FOLDER_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

// Names without the folder's path, in the order of their bytes. A symbolic link
// counts as its target.
struct FolderListing {
  std::vector<std::string> folders, images, others;
  // Links that lead nowhere or to themselves, with the ending of an image or
  // none: one without could be a folder. Those with another ending are among
  // the others, whose reader fails.
  std::vector<std::string> broken_links;
};

// Errors begin with a path: NotFound, PermissionDenied or another error of the
// disk.
absl::StatusOr<FolderListing> ListFolder(const std::string& path);

enum class EntryKind { kFolder, kImage, kNoEnding, kOther, kBrokenLink };

// Calls `visit` for each entry of a folder that is no litter, in the disk's
// order, until it returns false. kNoEnding: BeginsLikeImage tells more. Costs a
// system call for each symbolic link and none for a file. Errors are those of
// ListFolder.
absl::Status ForEachEntry(
    const std::string& path,
    absl::FunctionRef<bool(EntryKind kind, const std::string& name)> visit);

// True if the first bytes of a file are those of an image; false if it cannot
// be read.
bool BeginsLikeImage(const std::string& path);
// True if `bytes`, the first kSignatureBytes of a file, are those of an image.
inline constexpr int64_t kSignatureBytes = 32;
bool AreBytesOfImage(absl::string_view bytes);

// True for names that begin with a dot, and for what macOS, Windows, Synology
// and QNAP servers, file systems and Python leave: __MACOSX, Thumbs.db, @eaDir,
// lost+found and their like.
bool IsLitter(absl::string_view name);

// Returns InvalidArgument if a broken link of `path`, which has this listing,
// may be a folder: a class or a split would be missing.
absl::Status RefuseBrokenFolders(const std::string& path,
                                 const FolderListing& listing);

// True if one of `wanted` is among `names`, which are sorted as in a listing.
bool HasAny(const std::vector<std::string>& names,
            std::initializer_list<absl::string_view> wanted);

// True if `path` is a folder or a link to one.
bool IsFolder(const std::string& path);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_LIST_FOLDER_H_
