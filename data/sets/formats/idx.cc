// Opens the four IDX files of MNIST, Fashion-MNIST and similar sets, each
// gzipped or not: {train,t10k}-images-idx3-ubyte,
// {train,t10k}-labels-idx1-ubyte.
//
// The splits are those whose images exist. A split is held in memory (47 MB for
// MNIST's training images).
//
// Without known classes, there are ten, named by their digits, and mean and std
// are 0.5.
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "data/formats/files_besides.h"
#include "data/formats/idx_file.h"
#include "data/formats/list_folder.h"
#include "data/sets/dataset_format.h"
#include "data/sets/in_memory_dataset.h"

namespace caldera::data {
namespace {

constexpr char kImages[] = "-images-idx3-ubyte";
constexpr char kLabels[] = "-labels-idx1-ubyte";

// Returns the names of all files, gzipped and not.
std::vector<std::string> FileNames() {
  std::vector<std::string> names;
  for (const char* split : {"train", "t10k"}) {
    for (const char* rest : {kImages, kLabels}) {
      for (const char* suffix : {"", ".gz"}) {
        names.push_back(absl::StrCat(split, rest, suffix));
      }
    }
  }
  return names;
}

// Returns the path of `stem` or `stem`.gz in `folder`.
absl::StatusOr<std::string> Find(const std::string& folder,
                                 const std::string& stem) {
  for (const char* suffix : {"", ".gz"}) {
    const std::string path = absl::StrCat(folder, "/", stem, suffix);
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return absl::NotFoundError(
      absl::StrCat(folder, ": holds neither ", stem, " nor ", stem,
                   ".gz; put the data set's IDX files there"));
}

absl::Status Check(const at::Tensor& tensor, int64_t dims,
                   const std::string& path) {
  if (tensor.dim() != dims) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has shape [", absl::StrJoin(tensor.sizes(), ", "),
                     "], expected ", dims,
                     " dimensions; check that the file has its right name"));
  }
  if (tensor.numel() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has shape [", absl::StrJoin(tensor.sizes(), ", "),
                     "] and so holds nothing; get the file again"));
  }
  return absl::OkStatus();
}

OpenedDataset Open(const std::string& folder, Split split, DatasetInfo info,
                   const DataSpec& /*spec*/) {
  const auto find = [&](Split one, const char* rest) {
    return Find(folder,
                (one == Split::kTrain ? "train" : "t10k") + std::string(rest));
  };
  for (const Split one : {Split::kTrain, Split::kTest}) {
    if (find(one, kImages).ok()) info.splits.push_back(one);
  }
  if (split != Split::kTrain && split != Split::kTest) {
    return CheckSplit(split, info.splits, info.name);
  }
  if (info.num_classes == 0) {
    info.num_classes = 10;
    for (int i = 0; i < 10; ++i) info.class_names.push_back(absl::StrCat(i));
  }
  ASSIGN_OR_RETURN(const auto image_path, find(split, kImages));
  ASSIGN_OR_RETURN(const auto label_path, find(split, kLabels));

  // [N, H, W] and [N]
  ASSIGN_OR_RETURN(const at::Tensor images, ReadIdxFile(image_path));
  ASSIGN_OR_RETURN(const at::Tensor labels, ReadIdxFile(label_path));
  RETURN_IF_ERROR(Check(images, 3, image_path));
  RETURN_IF_ERROR(Check(labels, 1, label_path));
  if (images.size(0) != labels.size(0)) {
    return absl::InvalidArgumentError(
        absl::StrCat(label_path, ": holds ", labels.size(0), " labels for the ",
                     images.size(0), " images of ", image_path,
                     "; take both files from the same set"));
  }
  const uint8_t* first = labels.const_data_ptr<uint8_t>();
  ImageBlock block{images.unsqueeze(1),  // [N, 1, H, W]
                   {first, first + labels.size(0)}};
  for (int64_t i = 0; i < labels.size(0); ++i) {
    if (block.labels[i] >= info.num_classes) {
      return absl::InvalidArgumentError(absl::StrCat(
          label_path, ": label ", i, " is ", block.labels[i],
          ", expected 0 to ", info.num_classes - 1, "; get the file again"));
    }
  }
  if (split == Split::kTrain) {  // once for both splits
    ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(folder));
    info.not_read = FilesBesides(folder, listing, FileNames());
  }
  return MakeInMemoryDataset(std::move(info), {std::move(block)});
}

bool Recognise(const std::string& /*folder*/, const FolderListing& listing) {
  for (const std::string& name : FileNames()) {
    if (HasAny(listing.others, {name})) return true;
  }
  return false;
}

DatasetFormat Format() {
  DatasetFormat format;
  format.name = "idx";
  format.title = "IDX files";
  format.summary = "The IDX files of MNIST and its like, gzipped or not.";
  format.rank = 10;
  format.recognise = Recognise;
  format.open = Open;
  // MNIST's mean and deviation are those of pytorch/examples' mnist/main.py.
  format.known = {
      {"mnist",
       /*rank=*/10,
       "https://ossci-datasets.s3.amazonaws.com/mnist/",
       {{"train-images-idx3-ubyte.gz", 9912422,
         "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
        {"train-labels-idx1-ubyte.gz", 28881,
         "d53e105ee54ea40749a09fcbcd1e9432"},
        {"t10k-images-idx3-ubyte.gz", 1648877,
         "9fb629c4189551a2d022fa330f9573f3"},
        {"t10k-labels-idx1-ubyte.gz", 4542,
         "ec29112dd5afa0611ce80d1b7f02629c"}},
       "put them into $CALDERA_DATA/mnist",
       {"mnist", "MNIST/raw"},
       10,
       {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
       {0.1307},
       {0.3081}},
      {"fashion_mnist",
       /*rank=*/20,
       "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
       {{"train-images-idx3-ubyte.gz", 26421880,
         "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
        {"train-labels-idx1-ubyte.gz", 29515,
         "25c81989df183df01b3e8a0aad5dffbe"},
        {"t10k-images-idx3-ubyte.gz", 4422102,
         "bef4ecab320f06d8554ea6380940ec79"},
        {"t10k-labels-idx1-ubyte.gz", 5148,
         "bb300cfdad3c16e7a12a480ee83cd310"}},
       "put them into $CALDERA_DATA/fashion_mnist",
       {"fashion_mnist", "FashionMNIST/raw"},
       10,
       {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal",
        "Shirt", "Sneaker", "Bag", "Ankle boot"},
       {0.2860},
       {0.3530},
       /*runfiles=*/"fashion_mnist/usr/share/datasets/fashion-mnist"}};
  return format;
}

const bool kRegistered = RegisterDatasetFormat(Format());

}  // namespace
}  // namespace caldera::data
