// Opens CIFAR-10 and CIFAR-100 in their binary version, a folder with
// data_batch_1.bin to data_batch_5.bin and test_batch.bin, or with train.bin
// and test.bin; or in their python version, which torchvision downloads: the
// same files without .bin. Where both are, the binary version is read.
//
// Splits: train, test. Images are [3, 32, 32] views of bytes in memory (153 MB
// for a training split), the same in both versions. Class names come from
// batches.meta.txt and fine_label_names.txt, or from batches.meta and meta, if
// these files are there. CIFAR-100's labels are the fine ones.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/bytes_tensor.h"
#include "data/formats/cifar/cifar_format.h"
#include "data/formats/cifar/cifar_pickle.h"
#include "data/formats/class_names.h"
#include "data/formats/files_besides.h"
#include "data/formats/list_folder.h"
#include "data/sets/dataset_format.h"
#include "data/sets/in_memory_dataset.h"

namespace caldera::data {
namespace {

// 14 times the size of the largest file.
constexpr int64_t kMaxBytes = int64_t{2} << 30;

// How a set is stored.
struct Layout {
  std::vector<std::string> train, test;  // names of files, without .bin
  CifarFormat binary;
  const char* binary_names;  // the file with the classes' names
  CifarPickle pickle;
  const char* pickle_names;
};

const Layout& Cifar10Layout() {
  static const auto& layout =
      *new Layout{{"data_batch_1", "data_batch_2", "data_batch_3",
                   "data_batch_4", "data_batch_5"},
                  {"test_batch"},
                  kCifar10Format,
                  "batches.meta.txt",
                  kCifar10Pickle,
                  "batches.meta"};
  return layout;
}

const Layout& Cifar100Layout() {
  static const auto& layout = *new Layout{
      {"train"},       {"test"}, kCifar100Format, "fine_label_names.txt",
      kCifar100Pickle, "meta"};
  return layout;
}

bool HasBinary(const Layout& layout, const FolderListing& listing) {
  for (const auto* names : {&layout.train, &layout.test}) {
    for (const std::string& name : *names) {
      if (HasAny(listing.others, {name + ".bin"})) return true;
    }
  }
  return false;
}

// The images are a view of the file's records.
absl::StatusOr<ImageBlock> ReadBinary(const std::string& path,
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

absl::StatusOr<ImageBlock> ReadPickle(const std::string& path,
                                      const CifarPickle& set) {
  ASSIGN_OR_RETURN(const std::string bytes, base::ReadFile(path, kMaxBytes));
  ASSIGN_OR_RETURN(CifarBatch batch, ParseCifarBatch(bytes, set, path));
  const int64_t count = batch.labels.size();
  return ImageBlock{BytesTensor(std::move(batch.pixels), {count, 3, 32, 32}),
                    {batch.labels.begin(), batch.labels.end()}};
}

// Without a file of names, `known` are the names, or numbers if that is empty.
absl::StatusOr<std::vector<std::string>> ReadClassNames(
    const std::string& folder, const Layout& layout, bool binary,
    std::vector<std::string> known) {
  const int64_t count = layout.binary.num_classes;
  const std::string path = absl::StrCat(folder, "/", layout.pickle_names);
  if (!binary) {
    const auto bytes = base::ReadFile(path, kMaxBytes);
    if (bytes.ok()) return ParseCifarClassNames(*bytes, layout.pickle, path);
    if (!absl::IsNotFound(bytes.status())) return bytes.status();
  }
  return ClassNames(absl::StrCat(folder, "/", layout.binary_names), count,
                    std::move(known));
}

// Counts the files that belong to neither version.
NotRead Besides(const Layout& layout, const std::string& folder,
                const FolderListing& listing) {
  std::vector<std::string> read = {layout.binary_names, layout.pickle_names};
  for (const auto* names : {&layout.train, &layout.test}) {
    for (const std::string& name : *names) {
      read.push_back(name);
      read.push_back(name + ".bin");
    }
  }
  return FilesBesides(folder, listing, read);
}

OpenedDataset Open(const Layout& layout, const std::string& folder, Split split,
                   DatasetInfo info) {
  info.splits = {Split::kTrain, Split::kTest};
  RETURN_IF_ERROR(CheckSplit(split, info.splits, info.name));
  ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(folder));
  const bool binary = HasBinary(layout, listing);
  std::vector<ImageBlock> files;
  for (const std::string& name :
       split == Split::kTrain ? layout.train : layout.test) {
    const std::string path = absl::StrCat(folder, "/", name);
    ASSIGN_OR_RETURN(ImageBlock file,
                     binary ? ReadBinary(path + ".bin", layout.binary)
                            : ReadPickle(path, layout.pickle));
    files.push_back(std::move(file));
  }
  info.num_classes = layout.binary.num_classes;
  ASSIGN_OR_RETURN(
      std::vector<std::string> class_names,
      ReadClassNames(folder, layout, binary, std::move(info.class_names)));
  info.class_names = std::move(class_names);
  // Once for both splits.
  if (split == Split::kTrain) info.not_read = Besides(layout, folder, listing);
  return MakeInMemoryDataset(std::move(info), std::move(files));
}

// Checksums are those of the authors' page,
// https://www.cs.toronto.edu/~kriz/cifar.html; docs/datasets.md has
// torchvision's of the python version.
DatasetFormat Cifar10() {
  DatasetFormat format;
  format.name = "cifar10";
  format.title = "CIFAR-10's binary or python version";
  format.summary = "The six files of CIFAR-10, binary or pickled.";
  format.rank = 20;
  format.recognise = [](const std::string&, const FolderListing& listing) {
    return HasBinary(Cifar10Layout(), listing) ||
           HasAny(listing.others,
                  {"data_batch_1", "data_batch_2", "data_batch_3",
                   "data_batch_4", "data_batch_5", "test_batch"});
  };
  format.open = [](const std::string& folder, Split split, DatasetInfo info,
                   const DataSpec&) {
    return Open(Cifar10Layout(), folder, split, std::move(info));
  };
  // Some code takes the mean of each image's own deviation instead, 0.2023.
  format.known = {{"cifar10",
                   /*rank=*/30,
                   "https://www.cs.toronto.edu/~kriz/",
                   {{"cifar-10-binary.tar.gz", 170052171,
                     "c32a1d4ab5d03f1284b67883e8d87530"}},
                   "unpack it in $CALDERA_DATA",
                   {"cifar-10-batches-bin", "cifar-10-batches-py", "cifar10"},
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
  format.title = "CIFAR-100's binary or python version";
  format.summary =
      "The two files of CIFAR-100, binary or pickled; its fine labels.";
  format.rank = 40;
  format.recognise = [](const std::string&, const FolderListing& listing) {
    // Other sets may have a file called train or test, too.
    return HasBinary(Cifar100Layout(), listing) ||
           (HasAny(listing.others, {"meta"}) &&
            HasAny(listing.others, {"train", "test"}));
  };
  format.open = [](const std::string& folder, Split split, DatasetInfo info,
                   const DataSpec&) {
    return Open(Cifar100Layout(), folder, split, std::move(info));
  };
  format.known = {{"cifar100",
                   /*rank=*/40,
                   "https://www.cs.toronto.edu/~kriz/",
                   {{"cifar-100-binary.tar.gz", 168513733,
                     "03b5dce01913d631647c71ecec9e9cb8"}},
                   "unpack it in $CALDERA_DATA",
                   {"cifar-100-binary", "cifar-100-python", "cifar100"},
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
