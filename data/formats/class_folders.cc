#include "data/formats/class_folders.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/split.h"

namespace caldera::data {
namespace {

// True if a split has an image in a class folder.
absl::StatusOr<bool> HasClasses(const std::string& split_folder,
                                const std::vector<std::string>& known) {
  ASSIGN_OR_RETURN(const ClassFolders classes,
                   ReadClassFolders(split_folder, known));
  for (const std::string& name : classes.listing.folders) {
    ASSIGN_OR_RETURN(const bool images,
                     HoldsImages(absl::StrCat(classes.folder, "/", name)));
    if (images) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<ClassFolders> ReadClassFolders(
    const std::string& split_folder, const std::vector<std::string>& known) {
  ClassFolders found;
  found.folder = split_folder;
  while (true) {
    ASSIGN_OR_RETURN(found.listing, ListFolder(found.folder));
    RETURN_IF_ERROR(RefuseBrokenFolders(found.folder, found.listing));
    ASSIGN_OR_RETURN(const std::string inner,
                     OnlyImagesFolder(found.folder, found.listing));
    if (inner.empty() || std::count(known.begin(), known.end(), inner) > 0) {
      return found;
    }
    const auto path = [&](const std::string& name) {
      return absl::StrCat(found.folder, "/", name);
    };
    for (const std::string& name : found.listing.folders) {
      if (name != inner) found.other_folders.push_back(path(name));
    }
    for (const auto* names :
         {&found.listing.others, &found.listing.broken_links}) {
      for (const std::string& name : *names) {
        found.other_files.push_back(path(name));
      }
    }
    found.folder = path(inner);
  }
}

absl::StatusOr<std::vector<std::string>> NonEmptyClasses(
    const ClassFolders& classes) {
  std::vector<std::string> names;
  for (const std::string& name : classes.listing.folders) {
    ASSIGN_OR_RETURN(const bool images,
                     HoldsImages(absl::StrCat(classes.folder, "/", name)));
    if (images) names.push_back(name);
  }
  return names;
}

absl::StatusOr<std::vector<FolderImages>> ReadClass(const std::string& folder,
                                                    NotRead* not_read) {
  ASSIGN_OR_RETURN(std::vector<FolderImages> images,
                   FindImages(folder, not_read));
  std::set<std::string> below;  // the folders of the first level with images
  for (const FolderImages& one : images) {
    if (one.folder == folder) continue;
    const std::string rest = one.folder.substr(folder.size() + 1);
    below.insert(rest.substr(0, rest.find('/')));
  }
  if (AreSplitNames({below.begin(), below.end()})) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": holds the splits of a class (", *below.begin(), ", ",
        *std::next(below.begin()),
        "); put classes into splits (train/cat) and not splits into classes "
        "(cat/train), or read all images as one set without labels by "
        "recursive: true"));
  }
  return images;
}

absl::Status SettleSplits(const std::vector<std::string>& known,
                          SplitFolders& folders) {
  for (std::string* folder :
       {&folders.test, &folders.validation, &folders.unlabeled}) {
    if (folder->empty()) continue;
    ASSIGN_OR_RETURN(const bool images, HoldsImages(*folder));
    if (images) continue;
    folders.other_folders.push_back(*folder);
    folder->clear();
  }
  if (folders.test.empty()) folders.test.swap(folders.validation);
  if (!folders.validation.empty()) {
    ASSIGN_OR_RETURN(const bool test, HasClasses(folders.test, known));
    ASSIGN_OR_RETURN(const bool validation,
                     HasClasses(folders.validation, known));
    if (!test && validation) {
      if (folders.unlabeled.empty()) {
        folders.unlabeled = std::move(folders.test);
      } else {
        folders.other_folders.push_back(std::move(folders.test));
      }
      folders.test = std::move(folders.validation);
      folders.validation.clear();
    }
  }
  folders.ListSplits();
  if (!folders.train.empty() && !folders.unlabeled.empty()) {
    folders.splits.push_back(Split::kTrainUnlabeled);
  }
  return absl::OkStatus();
}

}  // namespace caldera::data
