#include "data/sets/idx_dataset.h"

#include <glog/logging.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "data/formats/idx_file.h"

namespace caldera::data {
namespace {

constexpr char kImages[] = "-images-idx3-ubyte";
constexpr char kLabels[] = "-labels-idx1-ubyte";

class IdxDataset : public Dataset {
 public:
  // images: uint8 [N, H, W], labels: uint8 [N], both contiguous.
  IdxDataset(DatasetInfo info, at::Tensor images, at::Tensor labels)
      : info_(std::move(info)),
        images_(images.unsqueeze(1)),  // [N, 1, H, W]
        labels_(std::move(labels)) {}

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return images_.size(0); }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    CHECK(i >= 0 && i < size()) << i;
    return images_.select(0, i);  // [1, H, W]
  }

  int64_t Label(int64_t i) const override {
    CHECK(i >= 0 && i < size()) << i;
    return labels_.const_data_ptr<uint8_t>()[i];
  }

 private:
  const DatasetInfo info_;
  const at::Tensor images_;
  const at::Tensor labels_;
};

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

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> OpenIdxDataset(
    const std::string& folder, Split split, DatasetInfo info) {
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
  if (info.mean.empty()) info.mean = info.std = {0.5};
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
  const uint8_t* label = labels.const_data_ptr<uint8_t>();
  for (int64_t i = 0; i < labels.size(0); ++i) {
    if (label[i] >= info.num_classes) {
      return absl::InvalidArgumentError(absl::StrCat(
          label_path, ": label ", i, " is ", int{label[i]}, ", expected 0 to ",
          info.num_classes - 1, "; get the file again"));
    }
  }
  info.channels = 1;
  info.height = images.size(1);
  info.width = images.size(2);
  return std::make_shared<const IdxDataset>(std::move(info), images, labels);
}

}  // namespace caldera::data
