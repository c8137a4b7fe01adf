#include "data/formats/list_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

namespace fs = std::filesystem;

absl::Status CannotList(const std::string& path, const std::error_code& error) {
  return absl::ErrnoToStatus(error.value(),
                             absl::StrCat(path, ": cannot list the folder"));
}

}  // namespace

bool HasAny(const std::vector<std::string>& names,
            std::initializer_list<absl::string_view> wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](absl::string_view name) {
    return std::binary_search(names.begin(), names.end(), name);
  });
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

absl::StatusOr<FolderListing> ListFolder(const std::string& path) {
  std::error_code error;
  FolderListing listing;
  fs::directory_iterator entry(path, error);
  if (error) return CannotList(path, error);
  while (entry != fs::directory_iterator()) {
    const std::string name = entry->path().filename().string();
    // The entry usually has the type, which saves a system call per file.
    if (name[0] == '.') {
    } else if (entry->is_directory(error)) {
      listing.folders.push_back(name);
    } else if (IsImageName(name)) {
      listing.images.push_back(name);
    } else if (entry->is_symlink(error) && !entry->exists(error)) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, "/", name,
          ": a symbolic link that leads nowhere or to itself; remove it"));
    } else {
      listing.others.push_back(name);
    }
    entry.increment(error);
    if (error) return CannotList(path, error);
  }
  for (auto* names : {&listing.folders, &listing.images, &listing.others}) {
    std::sort(names->begin(), names->end());
  }
  return listing;
}

}  // namespace caldera::data
