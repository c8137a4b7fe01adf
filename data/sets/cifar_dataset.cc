#include "data/sets/cifar_dataset.h"

#include <glog/logging.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/bytes_tensor.h"
#include "data/formats/cifar_format.h"
#include "data/formats/class_names.h"

namespace caldera::data {
namespace {

// 14 times the size of the largest file.
constexpr int64_t kMaxBytes = int64_t{2} << 30;

struct CifarFile {
  at::Tensor images;  // uint8 [N, 3, 32, 32], a view of the records
  std::vector<uint8_t> labels;
};

absl::StatusOr<CifarFile> ReadCifarFile(const std::string& path,
                                        const CifarFormat& format) {
  ASSIGN_OR_RETURN(std::string bytes, base::ReadFile(path, kMaxBytes));
  ASSIGN_OR_RETURN(std::vector<uint8_t> labels,
                   CifarLabels(bytes, format, path));
  const int64_t count = labels.size();
  const at::Tensor records =
      BytesTensor(std::move(bytes), {count, format.record_bytes()});
  const at::Tensor pixels = records.slice(1, format.label_bytes);
  return CifarFile{pixels.unflatten(1, {3, 32, 32}), std::move(labels)};
}

class CifarDataset : public Dataset {
 public:
  CifarDataset(DatasetInfo info, std::vector<CifarFile> files)
      : info_(std::move(info)), files_(std::move(files)) {
    for (const CifarFile& file : files_) size_ += file.labels.size();
  }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    const CifarFile& file = FileOf(i);
    return file.images.select(0, i);  // [3, 32, 32]
  }

  int64_t Label(int64_t i) const override {
    const CifarFile& file = FileOf(i);
    return file.labels[i];
  }

 private:
  // Returns the file of image `i`, and sets `i` to the image's number in it.
  const CifarFile& FileOf(int64_t& i) const {
    CHECK(i >= 0 && i < size_) << i;
    auto file = files_.begin();
    while (i >= file->labels.size()) {
      i -= file->labels.size();
      ++file;
    }
    return *file;
  }

  const DatasetInfo info_;
  const std::vector<CifarFile> files_;
  int64_t size_ = 0;
};

absl::StatusOr<std::shared_ptr<const Dataset>> Open(
    const std::string& folder, const CifarFormat& format,
    const std::vector<std::string>& names, const std::string& class_names_file,
    DatasetInfo info) {
  std::vector<CifarFile> files;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(CifarFile file,
                     ReadCifarFile(absl::StrCat(folder, "/", name), format));
    files.push_back(std::move(file));
  }
  info.splits = {Split::kTrain, Split::kTest};
  info.num_classes = format.num_classes;
  info.channels = 3;
  info.height = info.width = 32;
  ASSIGN_OR_RETURN(std::vector<std::string> class_names,
                   ClassNames(absl::StrCat(folder, "/", class_names_file),
                              format.num_classes, std::move(info.class_names)));
  info.class_names = std::move(class_names);
  return std::make_shared<const CifarDataset>(std::move(info),
                                              std::move(files));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> OpenCifar10(
    const std::string& folder, Split split, DatasetInfo info) {
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

absl::StatusOr<std::shared_ptr<const Dataset>> OpenCifar100(
    const std::string& folder, Split split, DatasetInfo info) {
  RETURN_IF_ERROR(CheckSplit(split, {Split::kTrain, Split::kTest}, info.name));
  return Open(folder, kCifar100Format,
              {split == Split::kTrain ? "train.bin" : "test.bin"},
              "fine_label_names.txt", std::move(info));
}

}  // namespace caldera::data
