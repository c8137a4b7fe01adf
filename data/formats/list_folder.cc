#include "data/formats/list_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/decode/image_format.h"
#include "data/formats/not_read.h"

namespace caldera::data {
namespace {

namespace fs = std::filesystem;

// Of the files without an ending in a folder, this many are opened; if all of
// them are images, so are the others. A folder may have a million of them.
constexpr size_t kOpened = 100;

constexpr absl::string_view kLitter[] = {
    "__MACOSX",    "Icon\r",       "Thumbs.db",  "ehthumbs.db",
    "desktop.ini", "$RECYCLE.BIN", "RECYCLER",   "System Volume Information",
    "@eaDir",      "@tmp",         "@Recycle",   "#recycle",
    "#snapshot",   "lost+found",   "__pycache__"};

absl::Status CannotList(const std::string& path, const std::error_code& error) {
  return absl::ErrnoToStatus(error.value(),
                             absl::StrCat(path, ": cannot list the folder"));
}

// The entry has the type of a file, which saves a system call a file.
fs::file_type TypeOf(const fs::directory_entry& entry) {
  std::error_code error;
  if (entry.is_symlink(error)) return fs::status(entry.path(), error).type();
  if (entry.is_directory(error)) return fs::file_type::directory;
  if (entry.is_regular_file(error)) return fs::file_type::regular;
  return fs::file_type::fifo;  // or a socket or a device: nothing to read
}

bool HasNoEnding(const std::string& name) {
  return KindOfFile(name) == KindOfFile("");
}

EntryKind KindOf(const fs::directory_entry& entry, const std::string& name) {
  const bool image = IsImageName(name);
  switch (TypeOf(entry)) {
    case fs::file_type::directory:
      return EntryKind::kFolder;
    case fs::file_type::none:  // a link to itself
    case fs::file_type::not_found:
      return image || HasNoEnding(name) ? EntryKind::kBrokenLink
                                        : EntryKind::kOther;
    case fs::file_type::unknown:  // a link to what may not be seen
      return image ? EntryKind::kImage : EntryKind::kFolder;
    case fs::file_type::regular:
      return image               ? EntryKind::kImage
             : HasNoEnding(name) ? EntryKind::kNoEnding
                                 : EntryKind::kOther;
    default:
      return EntryKind::kOther;
  }
}

// Moves the files without an ending to the images or to the others.
void SortOut(const std::string& path, std::vector<std::string> names,
             FolderListing& listing) {
  std::sort(names.begin(), names.end());
  bool all_images = true;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool known = i >= kOpened && all_images;
    const bool image =
        known || BeginsLikeImage(absl::StrCat(path, "/", names[i]));
    all_images = all_images && image;
    (image ? listing.images : listing.others).push_back(std::move(names[i]));
  }
}

}  // namespace

bool IsLitter(absl::string_view name) {
  if (name.empty() || name[0] == '.') return true;
  for (const absl::string_view litter : kLitter) {
    if (absl::EqualsIgnoreCase(name, litter)) return true;
  }
  return false;
}

bool BeginsLikeImage(const std::string& path) {
  // A file may have become a pipe since it was listed.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  char bytes[kSignatureBytes];
  const ssize_t count = read(file, bytes, sizeof(bytes));
  close(file);
  return count > 0 && AreBytesOfImage(absl::string_view(bytes, count));
}

bool AreBytesOfImage(absl::string_view bytes) {
  const ImageFormat* const format = ImageFormatOf(bytes);
  // A text may begin with two letters such as BMP's.
  return format != nullptr &&
         std::all_of(format->signatures.begin(), format->signatures.end(),
                     [](const std::string& s) { return s.size() > 2; });
}

absl::Status ForEachEntry(
    const std::string& path,
    absl::FunctionRef<bool(EntryKind kind, const std::string& name)> visit) {
  std::error_code error;
  fs::directory_iterator entry(path, error);
  if (error) return CannotList(path, error);
  while (entry != fs::directory_iterator()) {
    const std::string name = entry->path().filename().string();
    if (!IsLitter(name) && !visit(KindOf(*entry, name), name)) break;
    entry.increment(error);
    if (error) return CannotList(path, error);
  }
  return absl::OkStatus();
}

absl::StatusOr<FolderListing> ListFolder(const std::string& path) {
  FolderListing listing;
  std::vector<std::string> no_ending;
  const absl::Status status =
      ForEachEntry(path, [&](EntryKind kind, const std::string& name) {
        switch (kind) {
          case EntryKind::kFolder:
            listing.folders.push_back(name);
            break;
          case EntryKind::kImage:
            listing.images.push_back(name);
            break;
          case EntryKind::kNoEnding:
            no_ending.push_back(name);
            break;
          case EntryKind::kOther:
            listing.others.push_back(name);
            break;
          case EntryKind::kBrokenLink:
            listing.broken_links.push_back(name);
            break;
        }
        return true;
      });
  if (!status.ok()) return status;
  SortOut(path, std::move(no_ending), listing);
  for (auto* names : {&listing.folders, &listing.images, &listing.others,
                      &listing.broken_links}) {
    std::sort(names->begin(), names->end());
  }
  return listing;
}

absl::Status RefuseBrokenFolders(const std::string& path,
                                 const FolderListing& listing) {
  for (const std::string& name : listing.broken_links) {
    if (IsImageName(name)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        path, "/", name,
        ": a symbolic link that leads nowhere or to itself; remove it"));
  }
  return absl::OkStatus();
}

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

}  // namespace caldera::data
