// Opens CIFAR-10 and CIFAR-100 in their binary version: a folder with
// data_batch_1.bin to data_batch_5.bin and test_batch.bin, or with train.bin
// and test.bin.
//
// Splits: train, test. Images are [3, 32, 32] views of the bytes in the file
// (153 MB for a training split). Class names come from batches.meta.txt and
// fine_label_names.txt, if these files are there. CIFAR-100's labels are the
// fine ones.
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/bytes_tensor.h"
#include "data/formats/cifar_format.h"
#include "data/formats/class_names.h"
#include "data/formats/list_folder.h"
#include "data/sets/dataset_format.h"
#include "data/sets/in_memory_dataset.h"

namespace caldera::data {
namespace {

// 14 times the size of the largest file.
constexpr int64_t kMaxBytes = int64_t{2} << 30;

// The images are a view of the file's records.
absl::StatusOr<ImageBlock> ReadCifarFile(const std::string& path,
                                         const CifarFormat& format) {
  ASSIGN_OR_RETURN(std::string bytes, base::ReadFile(path, kMaxBytes));
  ASSIGN_OR_RETURN(const std::vector<uint8_t> labels,
                   CifarLabels(bytes, format, path));
  const int64_t count = labels.size();
  const at::Tensor records =
      BytesTensor(std::move(bytes), {count, format.record_bytes()});
  const at::Tensor pixels = records.slice(1, format.label_bytes);
  return ImageBlock{pixels.unflatten(1, {3, 32, 32}),
                    {labels.begin(), labels.end()}};
}

OpenedDataset Open(const std::string& folder, const CifarFormat& format,
                   const std::vector<std::string>& names,
                   const std::string& class_names_file, DatasetInfo info) {
  std::vector<ImageBlock> files;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(ImageBlock file,
                     ReadCifarFile(absl::StrCat(folder, "/", name), format));
    files.push_back(std::move(file));
  }
  info.splits = {Split::kTrain, Split::kTest};
  info.num_classes = format.num_classes;
  ASSIGN_OR_RETURN(std::vector<std::string> class_names,
                   ClassNames(absl::StrCat(folder, "/", class_names_file),
                              format.num_classes, std::move(info.class_names)));
  info.class_names = std::move(class_names);
  return MakeInMemoryDataset(std::move(info), std::move(files));
}

OpenedDataset OpenCifar10(const std::string& folder, Split split,
                          DatasetInfo info, const DataSpec& /*spec*/) {
  RETURN_IF_ERROR(CheckSplit(split, {Split::kTrain, Split::kTest}, info.name));
  std::vector<std::string> names = {"test_batch.bin"};
  if (split == Split::kTrain) {
    names.clear();
    for (int i = 1; i <= 5; ++i) {
      names.push_back(absl::StrCat("data_batch_", i, ".bin"));
    }
  }
  return Open(folder, kCifar10Format, names, "batches.meta.txt",
              std::move(info));
}

OpenedDataset OpenCifar100(const std::string& folder, Split split,
                           DatasetInfo info, const DataSpec& /*spec*/) {
  RETURN_IF_ERROR(CheckSplit(split, {Split::kTrain, Split::kTest}, info.name));
  return Open(folder, kCifar100Format,
              {split == Split::kTrain ? "train.bin" : "test.bin"},
              "fine_label_names.txt", std::move(info));
}

absl::Status Pickled(const std::string& folder, const char* set,
                     const char* archive) {
  return absl::InvalidArgumentError(
      absl::StrCat(folder, ": holds the python version of ", set,
                   ", pickles that only Python can read; get the binary "
                   "version, ",
                   archive));
}

// Checksums are those of the authors' page,
// https://www.cs.toronto.edu/~kriz/cifar.html; torchvision reads the python
// version.
DatasetFormat Cifar10() {
  DatasetFormat format;
  format.name = "cifar10";
  format.title = "CIFAR-10's binary version";
  format.summary = "The six files of CIFAR-10's binary version.";
  format.rank = 20;
  format.recognise = [](const std::string&, const FolderListing& listing) {
    return HasAny(listing.others,
                  {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                   "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"});
  };
  format.open = OpenCifar10;
  // Some code takes the mean of each image's own deviation instead, 0.2023.
  format.known = {{"cifar10",
                   /*rank=*/30,
                   "https://www.cs.toronto.edu/~kriz/",
                   {{"cifar-10-binary.tar.gz", 170052171,
                     "c32a1d4ab5d03f1284b67883e8d87530"}},
                   "unpack it in $CALDERA_DATA",
                   {"cifar-10-batches-bin", "cifar10"},
                   10,
                   {"airplane", "automobile", "bird", "cat", "deer", "dog",
                    "frog", "horse", "ship", "truck"},
                   {0.4914, 0.4822, 0.4465},
                   {0.2470, 0.2435, 0.2616}}};
  return format;
}

// solo-learn, on which MAGMA's authors build, normalises CIFAR-100 by
// CIFAR-10's mean and 0.247, 0.243, 0.261: mean and std of a spec repeat that.
DatasetFormat Cifar100() {
  DatasetFormat format;
  format.name = "cifar100";
  format.title = "CIFAR-100's binary version";
  format.summary =
      "The two files of CIFAR-100's binary version; its fine labels.";
  format.rank = 40;
  // After the binary versions of both sets: refuses their python versions.
  format.recognise = [](const std::string& folder,
                        const FolderListing& listing) -> absl::StatusOr<bool> {
    const auto& files = listing.others;
    if (HasAny(files, {"train.bin", "test.bin"})) return true;
    if (HasAny(files, {"data_batch_1", "batches.meta"})) {
      return Pickled(folder, "CIFAR-10", "cifar-10-binary.tar.gz");
    }
    if (HasAny(files, {"meta"}) && HasAny(files, {"train", "test"})) {
      return Pickled(folder, "CIFAR-100", "cifar-100-binary.tar.gz");
    }
    return false;
  };
  format.open = OpenCifar100;
  format.known = {{"cifar100",
                   /*rank=*/40,
                   "https://www.cs.toronto.edu/~kriz/",
                   {{"cifar-100-binary.tar.gz", 168513733,
                     "03b5dce01913d631647c71ecec9e9cb8"}},
                   "unpack it in $CALDERA_DATA",
                   {"cifar-100-binary", "cifar100"},
                   100,
                   {},
                   {0.5071, 0.4865, 0.4409},
                   {0.2673, 0.2564, 0.2762}}};
  return format;
}

const bool kCifar10 = RegisterDatasetFormat(Cifar10());
const bool kCifar100 = RegisterDatasetFormat(Cifar100());

}  // namespace
}  // namespace caldera::data
