#include "data/sets/dataset_format.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/formats/list_folder.h"
#include "data/formats/split_folders.h"

namespace caldera::data {
namespace {

class Names {
 public:
  explicit Names(const std::vector<std::string>& names) : names_(names) {}

  bool AnyOf(std::initializer_list<const char*> wanted) const {
    return std::any_of(wanted.begin(), wanted.end(), [&](const char* name) {
      return std::binary_search(names_.begin(), names_.end(), name);
    });
  }
  // Returns the first name that ends in one of `suffixes`, or "".
  std::string FirstWith(std::initializer_list<const char*> suffixes) const {
    for (const std::string& name : names_) {
      for (const char* suffix : suffixes) {
        if (absl::EndsWith(name, suffix)) return name;
      }
    }
    return "";
  }

 private:
  const std::vector<std::string>& names_;  // sorted
};

absl::Status Pickled(const std::string& folder, const char* set,
                     const char* archive) {
  return absl::InvalidArgumentError(
      absl::StrCat(folder, ": holds the python version of ", set,
                   ", pickles that only Python can read; get the binary "
                   "version, ",
                   archive));
}

// True if the folder of a split holds tar shards and nothing else that matters.
absl::StatusOr<bool> HasShards(const std::string& folder) {
  ASSIGN_OR_RETURN(const SplitFolders folders, FindSplitFolders(folder));
  ASSIGN_OR_RETURN(
      const FolderListing listing,
      ListFolder(folders.train.empty() ? folders.test : folders.train));
  return !Names(listing.others).FirstWith({".tar"}).empty() &&
         listing.folders.empty() && listing.images.empty();
}

}  // namespace

std::string FormatName(DatasetFormat format) {
  switch (format) {
    case DatasetFormat::kIdx:
      return "IDX files";
    case DatasetFormat::kCifar10:
      return "CIFAR-10's binary version";
    case DatasetFormat::kCifar100:
      return "CIFAR-100's binary version";
    case DatasetFormat::kStl10:
      return "STL-10's binary version";
    case DatasetFormat::kTinyImageNet:
      return "Tiny-ImageNet-200";
    case DatasetFormat::kTarShards:
      return "tar shards";
    case DatasetFormat::kImageFolder:
      return "folders of images";
  }
  return "";
}

absl::StatusOr<DatasetFormat> RecognizeFormat(const std::string& folder) {
  ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(folder));
  const Names files(listing.others), folders(listing.folders);
  for (const char* suffix : {"", ".gz"}) {
    for (const char* stem :
         {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
          "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
      if (files.AnyOf({absl::StrCat(stem, suffix).c_str()})) {
        return DatasetFormat::kIdx;
      }
    }
  }
  if (files.AnyOf({"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                   "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"})) {
    return DatasetFormat::kCifar10;
  }
  if (files.AnyOf({"train_X.bin", "test_X.bin", "unlabeled_X.bin"})) {
    return DatasetFormat::kStl10;
  }
  if (files.AnyOf({"train.bin", "test.bin"})) return DatasetFormat::kCifar100;
  if (files.AnyOf({"data_batch_1", "batches.meta"})) {
    return Pickled(folder, "CIFAR-10", "cifar-10-binary.tar.gz");
  }
  if (files.AnyOf({"meta"}) && files.AnyOf({"train", "test"})) {
    return Pickled(folder, "CIFAR-100", "cifar-100-binary.tar.gz");
  }
  if (files.AnyOf({"wnids.txt"}) && folders.AnyOf({"train"})) {
    return DatasetFormat::kTinyImageNet;
  }
  ASSIGN_OR_RETURN(const bool shards, HasShards(folder));
  if (shards) return DatasetFormat::kTarShards;
  if (!listing.folders.empty() || !listing.images.empty()) {
    return DatasetFormat::kImageFolder;
  }
  const std::string packed =
      files.FirstWith({".tar.gz", ".tgz", ".zip", ".tar.xz"});
  if (!packed.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": holds ", packed, " still packed; unpack it"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      folder,
      ": holds no data set; put IDX files, CIFAR's or STL-10's binary files, "
      "tar shards, images or a folder of images a class there"));
}

}  // namespace caldera::data
