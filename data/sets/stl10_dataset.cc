#include "data/sets/stl10_dataset.h"

#include <glog/logging.h>

#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/bytes_tensor.h"
#include "data/formats/class_names.h"
#include "data/formats/stl10_format.h"

namespace caldera::data {
namespace {

constexpr int64_t kMaxBytes = int64_t{16} << 30;  // unlabeled_X.bin has 2.8 GB
constexpr int64_t kMaxTextBytes = int64_t{1} << 20;

struct Part {
  at::Tensor images;             // uint8 [N, 3, 96, 96], a view of the file
  std::vector<int64_t> labels;   // [N], -1 where unknown
  std::vector<int64_t> members;  // the images that belong to the split
};

absl::StatusOr<Part> ReadImages(const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, base::ReadFile(path, kMaxBytes));
  ASSIGN_OR_RETURN(const int64_t count, Stl10ImageCount(bytes.size(), path));
  Part part;
  // [N, 3, column, row] -> [N, 3, row, column]
  part.images =
      BytesTensor(std::move(bytes), {count, 3, 96, 96}).transpose(2, 3);
  part.labels.assign(count, -1);
  part.members.resize(count);
  std::iota(part.members.begin(), part.members.end(), 0);
  return part;
}

// `stem` is train or test.
absl::StatusOr<Part> ReadLabelled(const std::string& folder,
                                  const std::string& stem) {
  const std::string image_path = absl::StrCat(folder, "/", stem, "_X.bin");
  const std::string label_path = absl::StrCat(folder, "/", stem, "_y.bin");
  ASSIGN_OR_RETURN(Part part, ReadImages(image_path));
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

absl::Status KeepFold(const std::string& folder, int64_t fold, Part& train) {
  const std::string path = absl::StrCat(folder, "/fold_indices.txt");
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path, kMaxTextBytes));
  ASSIGN_OR_RETURN(std::vector<int64_t> members,
                   Stl10Fold(text, fold, train.labels.size(), path));
  train.members = std::move(members);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Part>> ReadSplit(const std::string& folder,
                                            Split split,
                                            const Stl10Options& options) {
  std::vector<Part> parts;
  if (split == Split::kTest) {
    ASSIGN_OR_RETURN(Part test, ReadLabelled(folder, "test"));
    parts.push_back(std::move(test));
  }
  if (split == Split::kTrain || split == Split::kTrainUnlabeled) {
    ASSIGN_OR_RETURN(Part train, ReadLabelled(folder, "train"));
    if (options.fold.has_value()) {
      RETURN_IF_ERROR(KeepFold(folder, *options.fold, train));
    }
    parts.push_back(std::move(train));
  }
  if (split == Split::kUnlabeled || split == Split::kTrainUnlabeled) {
    ASSIGN_OR_RETURN(Part unlabeled,
                     ReadImages(absl::StrCat(folder, "/unlabeled_X.bin")));
    parts.push_back(std::move(unlabeled));
  }
  return parts;
}

class Stl10Dataset : public Dataset {
 public:
  Stl10Dataset(DatasetInfo info, std::vector<Part> parts)
      : info_(std::move(info)), parts_(std::move(parts)) {
    for (const Part& part : parts_) size_ += part.members.size();
  }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    const Part& part = PartOf(i);
    return part.images.select(0, part.members[i]);  // [3, 96, 96]
  }

  int64_t Label(int64_t i) const override {
    const Part& part = PartOf(i);
    return part.labels[part.members[i]];
  }

 private:
  // Returns the part of image `i`, and sets `i` to its number among the
  // members.
  const Part& PartOf(int64_t& i) const {
    CHECK(i >= 0 && i < size_) << i;
    auto part = parts_.begin();
    while (i >= part->members.size()) {
      i -= part->members.size();
      ++part;
    }
    return *part;
  }

  const DatasetInfo info_;
  const std::vector<Part> parts_;
  int64_t size_ = 0;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> OpenStl10(
    const std::string& folder, Split split, DatasetInfo info,
    const Stl10Options& options) {
  CHECK(!options.fold.has_value() ||
        (*options.fold >= 0 && *options.fold < kStl10Folds));
  ASSIGN_OR_RETURN(std::vector<Part> parts, ReadSplit(folder, split, options));
  info.splits = {Split::kTrain, Split::kTest, Split::kUnlabeled,
                 Split::kTrainUnlabeled};
  info.num_classes = 10;
  info.channels = 3;
  info.height = info.width = 96;
  ASSIGN_OR_RETURN(std::vector<std::string> class_names,
                   ClassNames(absl::StrCat(folder, "/class_names.txt"), 10,
                              std::move(info.class_names)));
  info.class_names = std::move(class_names);
  return std::make_shared<const Stl10Dataset>(std::move(info),
                                              std::move(parts));
}

}  // namespace caldera::data
