#include "data/formats/find_images.h"

#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/formats/list_folder.h"

namespace caldera::data {
namespace {

namespace fs = std::filesystem;

// The folders that were read, by what the disk calls them.
class FoldersRead {
 public:
  // Those above `folder`, by its name and by what it leads to if it is a link.
  explicit FoldersRead(const std::string& folder) {
    std::error_code error;
    EnterAbove(fs::absolute(folder, error));
    if (fs::is_symlink(folder, error)) EnterAbove(fs::canonical(folder, error));
  }

  // Returns false for a folder that was entered before.
  bool Enter(const std::string& folder) {
    struct stat found;
    // Listing it tells what is wrong.
    if (stat(folder.c_str(), &found) != 0) return true;
    return entered_.emplace(found.st_dev, found.st_ino).second;
  }

 private:
  void EnterAbove(fs::path path) {
    path = path.lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // "cat/"
    while (path.has_relative_path()) {
      path = path.parent_path();
      Enter(path.string());
    }
  }

  std::set<std::pair<dev_t, ino_t>> entered_;
};

class Walk {
 public:
  Walk(const std::string& folder, NotRead* not_read)
      : read_(folder), not_read_(not_read) {}

  // What is below a folder.
  struct Found {
    bool images = false, files = false;
  };

  // Returns false for a folder that is not to be read, and counts it.
  bool Enter(const std::string& folder) {
    if (read_.Enter(folder)) return true;
    not_read_->Add("link to a folder that is read already", folder);
    return false;
  }

  absl::StatusOr<Found> Read(const std::string& folder) {
    ASSIGN_OR_RETURN(FolderListing listing, ListFolder(folder));
    const auto path = [&](const std::string& name) {
      return absl::StrCat(folder, "/", name);
    };
    for (const std::string& name : listing.others) {
      not_read_->Add(KindOfFile(name), path(name));
    }
    for (const std::string& name : listing.broken_links) {
      not_read_->Add("broken link", path(name));
    }
    Found found;
    found.images = !listing.images.empty();
    found.files = !listing.others.empty() || !listing.broken_links.empty();
    if (found.images) images.push_back({folder, std::move(listing.images)});
    std::vector<std::pair<std::string, Found>> barren;
    for (const std::string& name : listing.folders) {
      if (!Enter(path(name))) {
        found.files = true;
        continue;
      }
      ASSIGN_OR_RETURN(const Found below, Read(path(name)));
      found.images = found.images || below.images;
      found.files = found.files || below.files;
      if (!below.images) barren.emplace_back(path(name), below);
    }
    // Without images of its own it is one of those above it.
    if (found.images) {
      for (const auto& [name, below] : barren) AddBarren(name, below);
    }
    return found;
  }

  void AddBarren(const std::string& folder, const Found& found) {
    not_read_->Add(found.files ? "folder without images" : "empty folder",
                   folder);
  }

  std::vector<FolderImages> images;

 private:
  FoldersRead read_;
  NotRead* const not_read_;
};

absl::StatusOr<bool> Search(const std::string& folder, FoldersRead& read) {
  if (!read.Enter(folder)) return false;
  bool found = false;
  std::vector<std::string> folders;
  RETURN_IF_ERROR(
      ForEachEntry(folder, [&](EntryKind kind, const std::string& name) {
        const std::string path = absl::StrCat(folder, "/", name);
        if (kind == EntryKind::kFolder) folders.push_back(path);
        found = kind == EntryKind::kImage ||
                (kind == EntryKind::kNoEnding && BeginsLikeImage(path));
        return !found;
      }));
  for (const std::string& below : folders) {
    if (found) break;
    ASSIGN_OR_RETURN(found, Search(below, read));
  }
  return found;
}

}  // namespace

absl::StatusOr<std::vector<FolderImages>> FindImages(const std::string& folder,
                                                     NotRead* not_read) {
  Walk walk(folder, not_read);
  if (!walk.Enter(folder)) return std::vector<FolderImages>();
  ASSIGN_OR_RETURN(const Walk::Found found, walk.Read(folder));
  if (!found.images) walk.AddBarren(folder, found);
  return std::move(walk.images);
}

absl::StatusOr<bool> HoldsImages(const std::string& folder) {
  FoldersRead read(folder);
  return Search(folder, read);
}

absl::Status LeaveOut(const std::string& folder, NotRead* not_read) {
  ASSIGN_OR_RETURN(const std::vector<FolderImages> images,
                   FindImages(folder, not_read));
  for (const FolderImages& group : images) {
    for (const std::string& name : group.files) {
      not_read->Add("image in another folder",
                    absl::StrCat(group.folder, "/", name));
    }
  }
  return absl::OkStatus();
}

}  // namespace caldera::data
