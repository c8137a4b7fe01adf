// STL-10 in its binary version: a folder with train_X.bin, train_y.bin,
// test_X.bin, test_y.bin, unlabeled_X.bin, class_names.txt and
// fold_indices.txt.
//
// The splits are train, test, unlabeled and train+unlabeled (labelled images
// first). An unlabelled image has label -1. Images are [3, 96, 96] views of the
// bytes in the file, which stores columns, so they are not contiguous. A split
// is held in memory (138 MB for train, 2.8 GB for unlabeled).
//
// *_X.bin holds images of 3 channels (red, green, blue) of 96x96 values, column
// by column; *_y.bin holds a byte per image, 1 to 10; fold_indices.txt has ten
// lines of image numbers from 0. Source: https://cs.stanford.edu/~acoates/stl10
#include <ATen/ops/tensor.h>
#include <glog/logging.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/bytes_tensor.h"
#include "data/formats/class_names.h"
#include "data/formats/files_besides.h"
#include "data/formats/list_folder.h"
#include "data/sets/dataset_format.h"
#include "data/sets/formats/stl10.pb.h"
#include "data/sets/in_memory_dataset.h"

namespace caldera::data {
namespace {

constexpr int64_t kImageBytes = 3 * 96 * 96;
constexpr int64_t kFolds = 10;
constexpr int64_t kMaxBytes = int64_t{16} << 30;  // unlabeled_X.bin has 2.8 GB
constexpr int64_t kMaxTextBytes = int64_t{1} << 20;

}  // namespace

// The parsers trust no byte; the fuzz target declares them again. An error is
// an InvalidArgument that begins with `name`.

// Returns the number of images in a file of `size` bytes.
absl::StatusOr<int64_t> Stl10ImageCount(int64_t size, absl::string_view name) {
  if (size == 0 || size % kImageBytes != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": has ", size, " bytes, expected a multiple of ", kImageBytes,
        " (3x96x96 pixels); unpack the archive again"));
  }
  return size / kImageBytes;
}

// Returns labels from 0 to 9.
absl::StatusOr<std::vector<int64_t>> Stl10Labels(absl::string_view bytes,
                                                 absl::string_view name) {
  std::vector<int64_t> labels;
  labels.reserve(bytes.size());
  for (const unsigned char byte : bytes) {
    if (byte < 1 || byte > 10) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": label ", labels.size(), " is ", byte,
                       ", expected 1 to 10; unpack the archive again"));
    }
    labels.push_back(byte - 1);
  }
  return labels;
}

// Returns the images of fold `fold` (0 to 9), each in [0, num_images), at least
// one.
absl::StatusOr<std::vector<int64_t>> Stl10Fold(absl::string_view text,
                                               int64_t fold, int64_t num_images,
                                               absl::string_view name) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(absl::StripTrailingAsciiWhitespace(text), '\n');
  if (lines.size() != kFolds) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": has ", lines.size(), " lines, expected ", kFolds,
                     "; unpack the archive again"));
  }
  const auto refuse = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ":", fold + 1, ": ", what, "; unpack the archive again"));
  };
  std::vector<int64_t> images;
  for (const absl::string_view word : absl::StrSplit(
           lines[fold], absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
    int64_t image = 0;
    if (!absl::SimpleAtoi(word, &image) || image < 0 || image >= num_images) {
      return refuse(absl::StrCat("'", word.substr(0, 20),
                                 "' is no image from 0 to ", num_images - 1));
    }
    images.push_back(image);
  }
  if (images.empty()) return refuse("names no image");
  return images;
}

namespace {

absl::StatusOr<ImageBlock> ReadImages(const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, base::ReadFile(path, kMaxBytes));
  ASSIGN_OR_RETURN(const int64_t count, Stl10ImageCount(bytes.size(), path));
  ImageBlock part;
  // [N, 3, column, row] -> [N, 3, row, column]
  part.images =
      BytesTensor(std::move(bytes), {count, 3, 96, 96}).transpose(2, 3);
  part.labels.assign(count, -1);
  return part;
}

// `stem` is train or test.
absl::StatusOr<ImageBlock> ReadLabelled(const std::string& folder,
                                        const std::string& stem) {
  const std::string image_path = absl::StrCat(folder, "/", stem, "_X.bin");
  const std::string label_path = absl::StrCat(folder, "/", stem, "_y.bin");
  ASSIGN_OR_RETURN(ImageBlock part, ReadImages(image_path));
  ASSIGN_OR_RETURN(const std::string bytes,
                   base::ReadFile(label_path, kMaxBytes));
  ASSIGN_OR_RETURN(std::vector<int64_t> labels, Stl10Labels(bytes, label_path));
  if (labels.size() != part.labels.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(label_path, ": holds ", labels.size(), " labels for the ",
                     part.labels.size(), " images of ", image_path,
                     "; unpack the archive again"));
  }
  part.labels = std::move(labels);
  return part;
}

absl::Status KeepFold(const std::string& folder, int64_t fold,
                      ImageBlock& train) {
  CHECK(fold >= 0 && fold < kFolds) << fold;
  const std::string path = absl::StrCat(folder, "/fold_indices.txt");
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path, kMaxTextBytes));
  ASSIGN_OR_RETURN(const std::vector<int64_t> members,
                   Stl10Fold(text, fold, train.labels.size(), path));
  train.images = train.images.index_select(0, at::tensor(members, at::kLong));
  std::vector<int64_t> labels;
  for (const int64_t member : members) labels.push_back(train.labels[member]);
  train.labels = std::move(labels);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ImageBlock>> ReadSplit(const std::string& folder,
                                                  Split split,
                                                  const DataSpec& spec) {
  std::vector<ImageBlock> parts;
  if (split == Split::kTest) {
    ASSIGN_OR_RETURN(ImageBlock test, ReadLabelled(folder, "test"));
    parts.push_back(std::move(test));
  }
  if (split == Split::kTrain || split == Split::kTrainUnlabeled) {
    ASSIGN_OR_RETURN(ImageBlock train, ReadLabelled(folder, "train"));
    if (spec.HasExtension(fold)) {
      RETURN_IF_ERROR(KeepFold(folder, spec.GetExtension(fold), train));
    }
    parts.push_back(std::move(train));
  }
  if (split == Split::kUnlabeled || split == Split::kTrainUnlabeled) {
    ASSIGN_OR_RETURN(ImageBlock unlabeled,
                     ReadImages(absl::StrCat(folder, "/unlabeled_X.bin")));
    parts.push_back(std::move(unlabeled));
  }
  return parts;
}

OpenedDataset Open(const std::string& folder, Split split, DatasetInfo info,
                   const DataSpec& spec) {
  ASSIGN_OR_RETURN(std::vector<ImageBlock> parts,
                   ReadSplit(folder, split, spec));
  info.splits = {Split::kTrain, Split::kTest, Split::kUnlabeled,
                 Split::kTrainUnlabeled};
  info.num_classes = 10;
  ASSIGN_OR_RETURN(std::vector<std::string> class_names,
                   ClassNames(absl::StrCat(folder, "/class_names.txt"), 10,
                              std::move(info.class_names)));
  info.class_names = std::move(class_names);
  if (split != Split::kTest) {  // once for both splits
    ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(folder));
    info.not_read = FilesBesides(
        folder, listing,
        {"train_X.bin", "train_y.bin", "test_X.bin", "test_y.bin",
         "unlabeled_X.bin", "class_names.txt", "fold_indices.txt"});
  }
  return MakeInMemoryDataset(std::move(info), std::move(parts));
}

DatasetFormat Format() {
  DatasetFormat format;
  format.name = "stl10";
  format.title = "STL-10's binary version";
  format.summary = "STL-10's binary version, with its ten folds.";
  format.rank = 30;
  format.own_fields = {{"fold", "applies to STL-10 only"}};
  format.recognise = [](const std::string&, const FolderListing& listing) {
    return HasAny(listing.others,
                  {"train_X.bin", "test_X.bin", "unlabeled_X.bin"});
  };
  format.open = Open;
  // solo-learn, on which MAGMA's authors build, normalises by CIFAR-10's mean
  // and 0.247, 0.243, 0.261 or nearly that: mean and std of a spec repeat it.
  format.known = {{"stl10",
                   /*rank=*/50,
                   "http://ai.stanford.edu/~acoates/stl10/",
                   {{"stl10_binary.tar.gz", 2640397119,
                     "91f7769df0f17e558f3565bffb0c7dfb"}},
                   "unpack it in $CALDERA_DATA",
                   {"stl10_binary", "stl10"},
                   10,
                   {"airplane", "bird", "car", "cat", "deer", "dog", "horse",
                    "monkey", "ship", "truck"},
                   {0.4467, 0.4398, 0.4066},
                   {0.2603, 0.2566, 0.2713}}};
  return format;
}

const bool kRegistered = RegisterDatasetFormat(Format());

}  // namespace
}  // namespace caldera::data
