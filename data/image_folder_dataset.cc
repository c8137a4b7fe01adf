#include "data/image_folder_dataset.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/class_list.h"
#include "data/image_file_dataset.h"
#include "data/list_folder.h"
#include "data/split_folders.h"

namespace caldera::data {
namespace {

constexpr char kKinds[] = ".jpg, .jpeg, .png, .webp or .bmp";

// The listing of a split's folder: classes, or images, but not both.
absl::StatusOr<FolderListing> ListSplit(const std::string& folder) {
  absl::StatusOr<FolderListing> listing = ListFolder(folder);
  if (!listing.ok()) return listing.status();
  if (listing->folders.empty() && listing->images.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": holds neither images (", kKinds,
        ") nor folders with images; put a folder a class there"));
  }
  if (!listing->folders.empty() && !listing->images.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": holds images (", listing->images[0], ") and folders (",
        listing->folders[0],
        "); keep the images of each class in a folder, or all in one"));
  }
  return listing;
}

// The classes in the order of their numbers; none for a set without labels.
absl::StatusOr<std::vector<std::string>> Classes(const SplitFolders& folders,
                                                 const std::string& list) {
  const std::string& folder = folders.train.empty() ? folders.test : folders.train;
  const absl::StatusOr<FolderListing> listing = ListSplit(folder);
  if (!listing.ok()) return listing.status();
  if (list.empty()) return listing->folders;
  const absl::StatusOr<std::vector<ListedClass>> listed = ReadClassList(list);
  if (!listed.ok()) return listed.status();
  std::vector<std::string> classes;
  for (const ListedClass& one : *listed) {
    if (!std::binary_search(listing->folders.begin(), listing->folders.end(),
                            one.name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          list, ":", one.line, ": class ", one.name, " has no folder in ",
          folder, "; remove the line or get its images"));
    }
    classes.push_back(one.name);
  }
  return classes;
}

absl::StatusOr<ImageGroup> ReadClass(const std::string& folder, int64_t label) {
  absl::StatusOr<FolderListing> listing = ListFolder(folder);
  if (!listing.ok()) return listing.status();
  if (listing->images.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": a class folder without images (", kKinds,
        "); remove it, or put its images directly into it"));
  }
  return ImageGroup{folder, std::move(listing->images), label};
}

absl::StatusOr<std::vector<ImageGroup>> Groups(
    const std::string& folder, const std::vector<std::string>& classes,
    bool listed) {
  absl::StatusOr<FolderListing> listing = ListSplit(folder);
  if (!listing.ok()) return listing.status();
  std::vector<ImageGroup> groups;
  if (classes.empty()) {
    if (!listing->folders.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          folder, ": has classes (", listing->folders[0],
          ") and the training images have none; sort those into the same"));
    }
    groups.push_back({folder, std::move(listing->images), -1});
    return groups;
  }
  if (listing->folders.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": holds images (", listing->images[0],
        ") outside of class folders, and the training images have ",
        classes.size(), " classes; sort them into folders of those names"));
  }
  std::map<std::string, int64_t> labels;
  for (const std::string& name : classes) labels.emplace(name, labels.size());
  for (const std::string& name : listing->folders) {
    const auto label = labels.find(name);
    if (label == labels.end()) {
      if (listed) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(folder, "/", name,
                       ": a class that the training images do not have; "
                       "remove it or correct its name"));
    }
    absl::StatusOr<ImageGroup> group =
        ReadClass(absl::StrCat(folder, "/", name), label->second);
    if (!group.ok()) return group.status();
    groups.push_back(*std::move(group));
  }
  return groups;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> OpenImageFolder(
    const std::string& root, Split split, DatasetInfo info,
    const ImageFolderOptions& options) {
  const absl::StatusOr<SplitFolders> folders = FindSplitFolders(root);
  if (!folders.ok()) return folders.status();
  absl::Status status = CheckSplit(split, folders->splits, info.name);
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<std::string>> classes =
      Classes(*folders, options.class_list);
  if (!classes.ok()) return classes.status();
  const bool listed = !options.class_list.empty();
  absl::StatusOr<std::vector<ImageGroup>> groups =
      Groups(folders->of(split), *classes, listed);
  if (!groups.ok()) return groups.status();
  if (listed && groups->size() < classes->size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folders->of(split), ": has ", groups->size(), " of the ",
        classes->size(), " classes of ", options.class_list,
        "; get the images of the others"));
  }
  info.splits = folders->splits;
  info.num_classes = classes->size();
  info.class_names = *std::move(classes);
  return MakeImageFileDataset(std::move(info), *std::move(groups),
                              options.decode);
}

}  // namespace caldera::data
