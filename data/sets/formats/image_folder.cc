// Opens folders of images: root/class/image.jpg as one set, or root/train/class
// and root/val/class (ImageNet's layout), or images without classes.
//
// split_folders.h defines the splits, class_folders.h the classes: the folders
// in train that hold images at any depth, sorted by name, or those of the list
// in its order. The other splits have the same numbers and no classes of their
// own. Images that lie in the split's folder itself have no label (-1). If no
// split has class folders, or spec.recursive says that folders are no classes,
// the set has no labels (no classes).
//
// With spec.held_out_share a set of the one split train gets a validation split
// of some of its images (data/sets/hold_out.h).
//
// Caveat: only what lies in the opened split is counted as not read; what lies
// beside the splits counts for the first one.
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/join_words.h"
#include "base/status.h"
#include "base/user_path.h"
#include "data/decode/image_format.h"
#include "data/formats/class_folders.h"
#include "data/formats/class_list.h"
#include "data/formats/find_images.h"
#include "data/formats/list_folder.h"
#include "data/formats/not_read.h"
#include "data/formats/split_folders.h"
#include "data/sets/dataset_format.h"
#include "data/sets/encoded_images.h"
#include "data/sets/formats/image_folder.pb.h"
#include "data/sets/hold_out.h"
#include "data/sets/image_file_dataset.h"

namespace caldera::data {
namespace {

struct Classes {
  std::vector<std::string> names;  // by their numbers; none: no labels
  std::string list;                // the file that names them; "": none
  std::vector<int64_t> lines;      // in the list
  std::string source;              // the split's folder that has them
  std::string folder;              // the folder in it in which they are
  // Of each class, if the split that is opened is the source: a folder of a
  // million files is not read twice.
  std::vector<std::vector<FolderImages>> images;
  NotRead not_read;  // in their folders
};

// What was found in a split.
struct Images {
  std::vector<ImageGroup> groups;
  NotRead not_read;

  void Add(std::vector<FolderImages> found, int64_t label) {
    for (FolderImages& one : found) {
      groups.push_back({std::move(one.folder), std::move(one.files), label});
    }
  }
};

// Counts what belongs to no class and to no split.
absl::Status CountOthers(const std::vector<std::string>& folders,
                         const std::vector<std::string>& files,
                         NotRead& not_read) {
  for (const std::string& folder : folders) {
    RETURN_IF_ERROR(LeaveOut(folder, &not_read));
  }
  for (const std::string& file : files) {
    not_read.Add(IsImageName(file)
                     ? "image in another folder"
                     : KindOfFile(file.substr(file.rfind('/') + 1)),
                 file);
  }
  return absl::OkStatus();
}

// Fills in names and images.
absl::Status ReadClasses(const ClassFolders& found, Classes& classes) {
  for (const std::string& name : found.listing.folders) {
    ASSIGN_OR_RETURN(
        std::vector<FolderImages> images,
        ReadClass(absl::StrCat(found.folder, "/", name), &classes.not_read));
    if (images.empty()) continue;
    classes.names.push_back(name);
    classes.images.push_back(std::move(images));
  }
  return absl::OkStatus();
}

// `opened`: the folder of the split that is opened.
absl::StatusOr<Classes> FindClasses(const SplitFolders& folders,
                                    const std::string& list,
                                    const std::string& opened) {
  Classes classes;
  classes.list = list;
  for (const std::string& folder :
       {folders.train, folders.test, folders.validation}) {
    if (folder.empty()) continue;
    ASSIGN_OR_RETURN(const ClassFolders found, ReadClassFolders(folder, {}));
    classes.source = folder;
    classes.folder = found.folder;
    if (!list.empty()) {
      ASSIGN_OR_RETURN(const std::vector<ListedClass> listed,
                       ReadClassList(list, found.listing.folders));
      for (const ListedClass& one : listed) {
        classes.names.push_back(one.name);
        classes.lines.push_back(one.line);
      }
      return classes;
    }
    if (folder == opened) {
      RETURN_IF_ERROR(ReadClasses(found, classes));
    } else {
      ASSIGN_OR_RETURN(classes.names, NonEmptyClasses(found));
    }
    if (!classes.names.empty()) return classes;
  }
  return classes;
}

// Returns the error about a folder whose images have no number.
absl::Status UnknownClass(const std::string& path, const std::string& name,
                          const Classes& classes) {
  std::string what = "a class that the training images do not have";
  for (const std::string& known : classes.names) {
    if (!absl::EqualsIgnoreCase(known, name)) continue;
    absl::StrAppend(&what, " (they have ", known, ")");
    break;
  }
  const std::string own = absl::StrCat(classes.folder, "/", name);
  if (IsFolder(own)) absl::StrAppend(&what, " (", own, " holds none)");
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", what, "; remove it or correct its name"));
}

// Adds the images of a split by class.
absl::Status AddClasses(const ClassFolders& found, const Classes& classes,
                        Images& images) {
  const std::vector<std::string>& folders = found.listing.folders;
  const bool listed = !classes.list.empty();
  for (int64_t label = 0; label < classes.names.size(); ++label) {
    const std::string& name = classes.names[label];
    const bool there = std::binary_search(folders.begin(), folders.end(), name);
    std::vector<FolderImages> of_class;
    if (there) {
      ASSIGN_OR_RETURN(
          of_class,
          ReadClass(absl::StrCat(found.folder, "/", name), &images.not_read));
    }
    // Without a list a split may lack a class; the training split named all.
    if (listed && of_class.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(classes.list, ":", classes.lines[label], ": class ",
                       name, " has no ", there ? "images" : "folder", " in ",
                       found.folder, "; remove the line or get its images"));
    }
    images.Add(std::move(of_class), label);
  }
  if (listed) return absl::OkStatus();  // which leaves out the other folders
  const std::set<std::string> known(classes.names.begin(), classes.names.end());
  for (const std::string& name : folders) {
    if (known.count(name) > 0) continue;
    const std::string path = absl::StrCat(found.folder, "/", name);
    ASSIGN_OR_RETURN(const std::vector<FolderImages> stray,
                     FindImages(path, &images.not_read));
    if (!stray.empty()) return UnknownClass(path, name, classes);
  }
  return absl::OkStatus();
}

// Reads a split whose folders are classes.
absl::Status AddLabelled(const std::string& folder, Classes& classes,
                         Images& images) {
  const bool is_source = folder == classes.source;
  ASSIGN_OR_RETURN(
      ClassFolders found,
      ReadClassFolders(folder,
                       is_source ? std::vector<std::string>() : classes.names));
  RETURN_IF_ERROR(
      CountOthers(found.other_folders, found.other_files, images.not_read));
  FolderListing& listing = found.listing;
  // Images that nobody sorted may be the whole split.
  if (!classes.images.empty()) {
    for (int64_t label = 0; label < classes.images.size(); ++label) {
      images.Add(std::move(classes.images[label]), label);
    }
    images.not_read.Add(classes.not_read);
  } else if (is_source || !listing.folders.empty()) {
    RETURN_IF_ERROR(AddClasses(found, classes, images));
  }
  for (const std::string& name : listing.others) {
    images.not_read.Add(KindOfFile(name),
                        absl::StrCat(found.folder, "/", name));
  }
  for (const std::string& name : listing.broken_links) {
    images.not_read.Add("broken link", absl::StrCat(found.folder, "/", name));
  }
  if (!listing.images.empty()) {
    images.groups.push_back({found.folder, std::move(listing.images), -1});
  }
  return absl::OkStatus();
}

// Reads all images of a split, whose folders are no classes.
absl::Status AddUnlabelled(const std::string& folder, Images& images) {
  ASSIGN_OR_RETURN(std::vector<FolderImages> found,
                   FindImages(folder, &images.not_read));
  images.Add(std::move(found), -1);
  return absl::OkStatus();
}

absl::Status RefuseEmpty(const std::string& folder, const Images& images) {
  if (!images.groups.empty()) return absl::OkStatus();
  std::vector<std::string> there;
  for (const auto& [name, kind] : images.not_read.kinds()) {
    if (name[0] != '.') continue;  // of the folders none has an image
    there.push_back(absl::StrCat(kind.count, " ", name));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      folder, ": holds neither images (", base::JoinWords(ImageEndings(), "or"),
      ") nor folders with images",
      there.empty() ? "" : absl::StrCat(", but ", absl::StrJoin(there, ", ")),
      "; put a folder a class there"));
}

// True if images of `folders` are held out of training.
bool HoldsOut(const SplitFolders& folders, const DataSpec& spec) {
  return spec.GetExtension(held_out_share) > 0 && folders.test.empty() &&
         folders.validation.empty() && !folders.train.empty();
}

// Leaves the side of `split` in `images`, which are those of train.
absl::Status HoldOut(const std::string& folder, double share, Split split,
                     Images& images) {
  ASSIGN_OR_RETURN(HeldOutImages sides,
                   HoldOutImages(images.groups, folder, share));
  images.groups =
      std::move(split == Split::kValidation ? sides.held_out : sides.kept);
  if (split == Split::kValidation) {
    images.not_read = {};  // counted in train
    return absl::OkStatus();
  }
  for (const std::string& copy : sides.copies) {
    images.not_read.Add("copied image", copy);
  }
  return absl::OkStatus();
}

// Opens no image yet.
OpenedDataset Open(const std::string& root, Split split, DatasetInfo info,
                   const DataSpec& spec) {
  const std::string list = base::UserPath(spec.class_list());
  ASSIGN_OR_RETURN(SplitFolders folders, FindSplitFolders(root));
  Classes classes;
  if (!spec.GetExtension(recursive)) {
    ASSIGN_OR_RETURN(classes, FindClasses(folders, list, folders.of(split)));
  } else if (!list.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "class_list: ", spec.class_list(),
        " chooses among class folders, and recursive: true says that folders "
        "are no classes; leave one of them out"));
  }
  RETURN_IF_ERROR(SettleSplits(classes.names, folders));
  if (folders.splits.empty()) return RefuseEmpty(root, Images());
  const bool holds_out = HoldsOut(folders, spec);
  if (holds_out) {
    folders.validation = folders.train;
    folders.ListSplits();
  }
  RETURN_IF_ERROR(CheckSplit(split, folders.splits, info.name));

  Images images;
  if (split != Split::kUnlabeled) {
    const std::string& folder = folders.of(split);
    RETURN_IF_ERROR(classes.names.empty()
                        ? AddUnlabelled(folder, images)
                        : AddLabelled(folder, classes, images));
    RETURN_IF_ERROR(RefuseEmpty(folder, images));
    if (holds_out) {
      RETURN_IF_ERROR(
          HoldOut(folder, spec.GetExtension(held_out_share), split, images));
    }
  }
  if (split == Split::kUnlabeled || split == Split::kTrainUnlabeled) {
    RETURN_IF_ERROR(AddUnlabelled(folders.unlabeled, images));
  }
  if (split == folders.splits[0] || split == Split::kTrainUnlabeled) {
    RETURN_IF_ERROR(CountOthers(folders.other_folders, folders.other_files,
                                images.not_read));
  }
  info.splits = folders.splits;
  info.num_classes = classes.names.size();
  info.class_names = std::move(classes.names);
  info.not_read = std::move(images.not_read);
  return MakeImageFileDataset(std::move(info), std::move(images.groups),
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
  format.own_fields = {
      {"class_list", "chooses among class folders"},
      {"recursive", "says whether folders of images are classes"},
      {"held_out_share", "holds images of a folder out"}};
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
