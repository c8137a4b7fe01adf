#include "data/formats/split_folders.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "data/formats/find_images.h"
#include "data/formats/folder_names.h"

namespace caldera::data {
namespace {

// Names of folders by the split that they are named after.
using Named = std::map<Split, std::vector<std::string>>;

std::string Path(const std::string& folder, const std::string& name) {
  return absl::StrCat(folder, "/", name);
}

// Of several folders of one split, those that bear its name alone.
void PreferExact(Named& named) {
  for (auto& [split, names] : named) {
    const auto end = std::stable_partition(
        names.begin(), names.end(),
        [](const auto& name) { return SplitOfName(name)->exact; });
    if (end != names.begin()) names.erase(end, names.end());
  }
}

bool HasTwo(const Named& named) {
  return named.size() > 1 && (named.count(Split::kUnlabeled) == 0 ||
                              named.count(Split::kTrain) > 0);
}

// Returns the folders that are named as splits, with the same text before the
// word; those without such a text come first.
Named NamedFolders(const std::vector<std::string>& folders) {
  std::map<std::string, Named> groups;  // by the text before the word
  for (const std::string& name : folders) {
    if (const auto named = SplitOfName(name); named.has_value()) {
      groups[named->before][named->split].push_back(name);
    }
  }
  for (auto& [before, named] : groups) {
    PreferExact(named);
    if (HasTwo(named)) return named;
  }
  return groups[""];
}

// True if a single split stands for itself: nothing else is a class.
absl::StatusOr<bool> IsAlone(const std::string& root,
                             const FolderListing& listing, const Named& named) {
  if (named.count(Split::kUnlabeled) > 0) return false;
  if (named.count(Split::kTrain) == 0 && !listing.images.empty()) return false;
  const std::vector<std::string>& own = named.begin()->second;
  for (const std::string& name : listing.folders) {
    if (std::count(own.begin(), own.end(), name) > 0 || SaysLabels(name)) {
      continue;
    }
    ASSIGN_OR_RETURN(const bool images, HoldsImages(Path(root, name)));
    if (images) return false;
  }
  return true;
}

// Adds what `folder` holds besides the sub-folders `named`.
void AddOthers(const std::string& folder, const FolderListing& listing,
               const std::vector<std::string>& named, SplitFolders& found) {
  for (const std::string& name : listing.folders) {
    if (std::count(named.begin(), named.end(), name) > 0) continue;
    found.other_folders.push_back(Path(folder, name));
  }
  for (const auto* names :
       {&listing.images, &listing.others, &listing.broken_links}) {
    for (const std::string& name : *names) {
      found.other_files.push_back(Path(folder, name));
    }
  }
}

// Returns the splits in `root`, or nothing if there are none.
absl::StatusOr<std::optional<SplitFolders>> Splits(
    const std::string& root, const FolderListing& listing) {
  const Named named = NamedFolders(listing.folders);
  if (named.empty()) return std::nullopt;
  if (!HasTwo(named)) {
    ASSIGN_OR_RETURN(const bool alone, IsAlone(root, listing, named));
    if (!alone) return std::nullopt;
  }
  SplitFolders found;
  std::vector<std::string> taken;
  for (const auto& [split, names] : named) {
    if (names.size() > 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          root, ": holds ", names[0], " and ", names[1],
          ", two folders of one split; keep one, or put one into the other"));
    }
    taken.push_back(names[0]);
    std::string& folder = split == Split::kTrain        ? found.train
                          : split == Split::kTest       ? found.test
                          : split == Split::kValidation ? found.validation
                                                        : found.unlabeled;
    folder = Path(root, names[0]);
  }
  if (found.test.empty()) found.test.swap(found.validation);
  found.ListSplits();
  AddOthers(root, listing, taken, found);
  return found;
}

// Returns the first two folders with images; none if images lie beside them.
absl::StatusOr<std::vector<std::string>> FoldersWithImages(
    const std::string& folder, const FolderListing& listing) {
  std::vector<std::string> found;
  if (!listing.images.empty()) return found;
  for (const std::string& name : listing.folders) {
    if (found.size() == 2) break;
    if (SaysLabels(name)) continue;
    ASSIGN_OR_RETURN(const bool images, HoldsImages(Path(folder, name)));
    if (images) found.push_back(name);
  }
  return found;
}

// True for a sub-folder that is no class: its name says nothing more than that
// of the folder, or that there are images.
bool SaysNothingMore(const std::string& folder, const std::string& name) {
  const absl::string_view above = absl::StripSuffix(folder, "/");
  return SaysImages(name) ||
         absl::EqualsIgnoreCase(name, above.substr(above.rfind('/') + 1));
}

struct Found {
  SplitFolders folders;
  bool several = false;  // folders with images in a folder that is one split
};

absl::StatusOr<Found> Find(const std::string& root) {
  ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(root));
  RETURN_IF_ERROR(RefuseBrokenFolders(root, listing));
  ASSIGN_OR_RETURN(std::optional<SplitFolders> splits, Splits(root, listing));
  if (splits.has_value()) return Found{*std::move(splits)};

  ASSIGN_OR_RETURN(const std::vector<std::string> with_images,
                   FoldersWithImages(root, listing));
  if (with_images.size() == 1) {
    const std::string path = Path(root, with_images[0]);
    ASSIGN_OR_RETURN(Found inner, Find(path));
    const bool is_split = inner.folders.train != path;
    if (is_split || inner.several || SaysNothingMore(root, with_images[0])) {
      AddOthers(root, listing, with_images, inner.folders);
      return inner;
    }
  }
  Found found;
  found.folders.train = root;
  found.folders.ListSplits();
  found.several = with_images.size() == 2;
  return found;
}

}  // namespace

void SplitFolders::ListSplits() {
  splits.clear();
  for (const Split split :
       {Split::kTrain, Split::kTest, Split::kValidation, Split::kUnlabeled}) {
    if (!of(split).empty()) splits.push_back(split);
  }
}

absl::StatusOr<SplitFolders> FindSplitFolders(const std::string& root) {
  ASSIGN_OR_RETURN(Found found, Find(root));
  return std::move(found.folders);
}

absl::StatusOr<std::string> OnlyImagesFolder(const std::string& folder,
                                             const FolderListing& listing) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   FoldersWithImages(folder, listing));
  const bool only = names.size() == 1 && SaysNothingMore(folder, names[0]);
  return only ? names[0] : "";
}

bool AreSplitNames(const std::vector<std::string>& names) {
  const Named named = NamedFolders(names);
  return HasTwo(named) && named.count(Split::kTrain) > 0;
}

}  // namespace caldera::data
