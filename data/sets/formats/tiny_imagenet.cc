// Opens Tiny-ImageNet-200 as its archive unpacks: wnids.txt, words.txt,
// train/<wnid>/images/*.JPEG, val/images/*.JPEG and val/val_annotations.txt.
//
// The splits are train, and test, which is the archive's val (the images in its
// test folder have no labels). Class k is line k of wnids.txt. Class names are
// the first words of words.txt, or the wnids if it is missing.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/class_list.h"
#include "data/formats/files_besides.h"
#include "data/formats/list_folder.h"
#include "data/sets/dataset_format.h"
#include "data/sets/encoded_images.h"
#include "data/sets/image_file_dataset.h"

namespace caldera::data {

// The parser trusts no byte; the fuzz target declares it again. Returns image
// and wnid of each line that is not empty: words separated by tabs (a name may
// have blanks) or, without any tab, by blanks. An error is an InvalidArgument
// that begins with `path`.
struct AnnotatedImage {
  std::string image, wnid;
  int64_t line;  // from 1
};
absl::StatusOr<std::vector<AnnotatedImage>> TinyImagenetAnnotations(
    const std::vector<std::string>& lines, const std::string& path) {
  std::vector<AnnotatedImage> annotated;
  for (int64_t i = 0; i < lines.size(); ++i) {
    const bool tabs = absl::StrContains(lines[i], '\t');
    const std::vector<absl::string_view> words = absl::StrSplit(
        lines[i], absl::ByAnyChar(tabs ? "\t" : " "), absl::SkipEmpty());
    if (words.empty()) continue;
    if (words.size() < 2) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ":", i + 1,
          ": expected an image and its class; unpack the archive again"));
    }
    annotated.push_back({std::string(words[0]), std::string(words[1]), i + 1});
  }
  return annotated;
}

namespace {

using Labels = std::unordered_map<std::string, int64_t>;  // by wnid

absl::StatusOr<std::vector<ImageGroup>> ReadTrain(
    const std::string& folder, const std::vector<ListedClass>& classes) {
  std::vector<ImageGroup> groups;
  for (const ListedClass& one : classes) {
    const std::string images =
        absl::StrCat(folder, "/train/", one.name, "/images");
    ASSIGN_OR_RETURN(FolderListing listing, ListFolder(images));
    if (listing.images.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(images, ": has no images, and wnids.txt:", one.line,
                       " names the class; unpack the archive again"));
    }
    const int64_t label = groups.size();
    groups.push_back({images, std::move(listing.images), label});
  }
  return groups;
}

// Adds images without an annotation to `not_read`.
absl::StatusOr<std::vector<ImageGroup>> ReadVal(
    const std::string& folder, const std::vector<ListedClass>& classes,
    NotRead* not_read) {
  const std::string images = absl::StrCat(folder, "/val/images");
  ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(images));
  const std::string path = absl::StrCat(folder, "/val/val_annotations.txt");
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, base::ReadLines(path));

  Labels labels;
  for (const ListedClass& one : classes) {
    labels.emplace(one.name, labels.size());
  }
  std::vector<ImageGroup> groups;
  for (int64_t label = 0; label < classes.size(); ++label) {
    groups.push_back({images, {}, label});
  }
  ASSIGN_OR_RETURN(const std::vector<AnnotatedImage> annotated,
                   TinyImagenetAnnotations(lines, path));
  std::unordered_set<std::string> found;
  for (const AnnotatedImage& one : annotated) {
    const auto refuse = [&](const std::string& what) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ":", one.line, ": ", what, "; unpack the archive again"));
    };
    if (!std::binary_search(listing.images.begin(), listing.images.end(),
                            one.image)) {
      return refuse(absl::StrCat("no image ", one.image, " in ", images));
    }
    const auto label = labels.find(one.wnid);
    if (label == labels.end()) {
      return refuse(absl::StrCat("class ", one.wnid, " is not in wnids.txt"));
    }
    groups[label->second].files.push_back(one.image);
    found.insert(one.image);
  }
  for (const std::string& image : listing.images) {
    if (found.count(image) > 0) continue;
    not_read->Add("file without a class", absl::StrCat(images, "/", image));
  }
  if (annotated.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is empty; unpack the archive again"));
  }
  return groups;
}

// Returns the first name of each class in words.txt, whose lines are a wnid, a
// tab and names separated by commas.
absl::StatusOr<std::vector<std::string>> ReadNames(
    const std::string& folder, const std::vector<ListedClass>& classes) {
  std::unordered_map<std::string, std::string> words;
  const absl::StatusOr<std::vector<std::string>> lines =
      base::ReadLines(absl::StrCat(folder, "/words.txt"));
  if (!lines.ok() && !absl::IsNotFound(lines.status())) return lines.status();
  if (lines.ok()) {
    for (const std::string& line : *lines) {
      const std::pair<std::string, std::string> entry =
          absl::StrSplit(line, absl::MaxSplits('\t', 1));
      words[entry.first] = entry.second.substr(0, entry.second.find(','));
    }
  }
  std::vector<std::string> names;
  for (const ListedClass& one : classes) {
    const auto name = words.find(one.name);
    names.push_back(name == words.end() ? one.name : name->second);
  }
  return names;
}

OpenedDataset Open(const std::string& folder, Split split, DatasetInfo info,
                   const DataSpec& spec) {
  info.splits = {Split::kTrain, Split::kTest};
  RETURN_IF_ERROR(CheckSplit(split, info.splits, info.name));
  ASSIGN_OR_RETURN(const std::vector<ListedClass> classes,
                   ReadClassList(absl::StrCat(folder, "/wnids.txt")));
  ASSIGN_OR_RETURN(std::vector<ImageGroup> groups,
                   split == Split::kTrain
                       ? ReadTrain(folder, classes)
                       : ReadVal(folder, classes, &info.not_read));
  ASSIGN_OR_RETURN(std::vector<std::string> names, ReadNames(folder, classes));
  info.num_classes = classes.size();
  info.class_names = std::move(names);
  if (split == Split::kTrain) {  // once for both splits
    ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(folder));
    info.not_read = FilesBesides(folder, listing,
                                 {"wnids.txt", "words.txt", "train", "val"});
  }
  return MakeImageFileDataset(std::move(info), std::move(groups),
                              DecodeOptionsOf(spec));
}

DatasetFormat Format() {
  DatasetFormat format;
  format.name = "tiny_imagenet";
  format.title = "Tiny-ImageNet-200";
  format.summary = "Tiny-ImageNet-200 as its archive unpacks.";
  format.rank = 60;
  format.encoded = true;
  format.recognise = [](const std::string&, const FolderListing& listing) {
    return HasAny(listing.others, {"wnids.txt"}) &&
           HasAny(listing.folders, {"train"});
  };
  format.open = Open;
  // The checksum is that of Avalanche's tiny_imagenet.py; torchvision does not
  // read the set.
  format.known = {{"tiny_imagenet",
                   /*rank=*/60,
                   "http://cs231n.stanford.edu/",
                   {{"tiny-imagenet-200.zip", 248100043,
                     "90528d7ca1a48142e341f4ef8d21d0de"}},
                   "unpack it in $CALDERA_DATA",
                   {"tiny-imagenet-200", "tiny_imagenet"},
                   200,
                   {},
                   {0.4802, 0.4481, 0.3975},
                   {0.2770, 0.2691, 0.2821}}};
  return format;
}

const bool kRegistered = RegisterDatasetFormat(Format());

}  // namespace
}  // namespace caldera::data
