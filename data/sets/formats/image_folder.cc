// Opens folders of images: root/class/image.jpg as one set, or root/train/class
// and root/val/class (ImageNet's layout), or images without classes in one
// folder.
//
// split_folders.h defines the splits. Classes are the folders in train, sorted
// by name, or those of the list in its order; the other split has the same
// numbers and no classes of its own. A folder with images and no folders is a
// set without labels (-1, no classes).
//
// Caveat: only images directly in a class folder are found.
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/join_words.h"
#include "base/status.h"
#include "base/user_path.h"
#include "data/decode/image_format.h"
#include "data/formats/class_list.h"
#include "data/formats/list_folder.h"
#include "data/formats/split_folders.h"
#include "data/sets/dataset_format.h"
#include "data/sets/encoded_images.h"
#include "data/sets/image_file_dataset.h"

namespace caldera::data {
namespace {

// Returns ".jpg, .jpeg, ... or .gif".
std::string Kinds() { return base::JoinWords(ImageEndings(), "or"); }

// Lists a split's folder: it has either classes or images, not both.
absl::StatusOr<FolderListing> ListSplit(const std::string& folder) {
  ASSIGN_OR_RETURN(FolderListing listing, ListFolder(folder));
  if (listing.folders.empty() && listing.images.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": holds neither images (", Kinds(),
                     ") nor folders with images; put a folder a class there"));
  }
  if (!listing.folders.empty() && !listing.images.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": holds images (", listing.images[0], ") and folders (",
        listing.folders[0],
        "); keep the images of each class in a folder, or all in one"));
  }
  return listing;
}

// Returns the classes in the order of their numbers, each with its line in
// `list` if there is a list; none for a set without labels.
absl::StatusOr<std::vector<ListedClass>> Classes(const SplitFolders& folders,
                                                 const std::string& list) {
  if (!list.empty()) return ReadClassList(list);
  ASSIGN_OR_RETURN(
      const FolderListing listing,
      ListSplit(folders.train.empty() ? folders.test : folders.train));
  std::vector<ListedClass> classes;
  for (const std::string& name : listing.folders) classes.push_back({name, 0});
  return classes;
}

absl::StatusOr<ImageGroup> ReadClass(const std::string& folder, int64_t label) {
  ASSIGN_OR_RETURN(FolderListing listing, ListFolder(folder));
  if (listing.images.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": a class folder without images (", Kinds(),
                     "); remove it, or put its images directly into it"));
  }
  return ImageGroup{folder, std::move(listing.images), label};
}

absl::Status CheckListed(const std::string& folder,
                         const FolderListing& listing,
                         const std::vector<ListedClass>& classes,
                         const std::string& list) {
  for (const ListedClass& one : classes) {
    if (!std::binary_search(listing.folders.begin(), listing.folders.end(),
                            one.name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          list, ":", one.line, ": class ", one.name, " has no folder in ",
          folder, "; remove the line or get its images"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAllKnown(const std::string& folder,
                           const FolderListing& listing,
                           const std::vector<ListedClass>& classes) {
  if (!classes.empty() && listing.folders.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": holds images (", listing.images[0],
        ") outside of class folders, and the training images have ",
        classes.size(), " classes; sort them into folders of those names"));
  }
  std::set<absl::string_view> known;
  for (const ListedClass& one : classes) known.insert(one.name);
  for (const std::string& name : listing.folders) {
    if (known.count(name) > 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        folder, "/", name,
        ": a class that the training images do not have; remove it or correct "
        "its name"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ImageGroup>> Groups(
    const std::string& folder, const std::vector<ListedClass>& classes,
    const std::string& list) {
  ASSIGN_OR_RETURN(FolderListing listing, ListSplit(folder));
  RETURN_IF_ERROR(list.empty() ? CheckAllKnown(folder, listing, classes)
                               : CheckListed(folder, listing, classes, list));
  std::vector<ImageGroup> groups;
  if (classes.empty()) {
    groups.push_back({folder, std::move(listing.images), -1});
  }
  for (int64_t label = 0; label < classes.size(); ++label) {
    const std::string& name = classes[label].name;
    // The evaluation split may lack a class; the training split named them all.
    if (!std::binary_search(listing.folders.begin(), listing.folders.end(),
                            name)) {
      continue;
    }
    ASSIGN_OR_RETURN(ImageGroup group,
                     ReadClass(absl::StrCat(folder, "/", name), label));
    groups.push_back(std::move(group));
  }
  return groups;
}

// Opens no image yet.
OpenedDataset Open(const std::string& root, Split split, DatasetInfo info,
                   const DataSpec& spec) {
  const std::string list = base::UserPath(spec.class_list());
  ASSIGN_OR_RETURN(const SplitFolders folders, FindSplitFolders(root));
  RETURN_IF_ERROR(CheckSplit(split, folders.splits, info.name));
  ASSIGN_OR_RETURN(const std::vector<ListedClass> classes,
                   Classes(folders, list));
  ASSIGN_OR_RETURN(std::vector<ImageGroup> groups,
                   Groups(folders.of(split), classes, list));
  info.splits = folders.splits;
  info.num_classes = classes.size();
  info.class_names.clear();
  for (const ListedClass& one : classes) info.class_names.push_back(one.name);
  return MakeImageFileDataset(std::move(info), std::move(groups),
                              DecodeOptionsOf(spec));
}

DatasetFormat Format() {
  DatasetFormat format;
  format.name = "image_folder";
  format.title = "folders of images";
  format.to_put = "images (those of a class in a folder of its name)";
  format.summary = "A folder of images for each class, or one without classes.";
  format.rank = 90;
  format.encoded = true;
  format.own_fields = {{"class_list", "chooses among class folders"}};
  format.recognise = [](const std::string&, const FolderListing& listing) {
    return !listing.folders.empty() || !listing.images.empty();
  };
  format.open = Open;
  const std::string url = "https://image-net.org/data/ILSVRC/2012/";
  const std::vector<Archive> archives = {
      {"ILSVRC2012_img_train.tar", 147897477120,
       "1d675b47d978889d74fa0da5fadfb00e"},
      {"ILSVRC2012_img_val.tar", 6744924160,
       "29b22e2961454d5413ddabcf34fc5622"}};
  // Those of torchvision's references.
  const std::vector<double> mean = {0.485, 0.456, 0.406};
  const std::vector<double> std = {0.229, 0.224, 0.225};
  format.known = {{"imagenet",
                   /*rank=*/70,
                   url,
                   archives,
                   "unpack them to $CALDERA_DATA/imagenet/train/WNID and "
                   "$CALDERA_DATA/imagenet/val/WNID (docs/datasets.md has the "
                   "commands)",
                   {"imagenet"},
                   1000,
                   {},
                   mean,
                   std},
                  {"imagenet100",
                   /*rank=*/80,
                   url,
                   archives,
                   "unpack them to $CALDERA_DATA/imagenet/train/WNID and "
                   "$CALDERA_DATA/imagenet/val/WNID, and name a file with the "
                   "100 classes in class_list",
                   {"imagenet100"},
                   100,
                   {},
                   mean,
                   std,
                   /*runfiles=*/"",
                   /*subset_of=*/"imagenet"}};
  return format;
}

const bool kRegistered = RegisterDatasetFormat(Format());

}  // namespace
}  // namespace caldera::data
