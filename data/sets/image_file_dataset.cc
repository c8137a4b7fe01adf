#include "data/sets/image_file_dataset.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/sets/encoded_images.h"

namespace caldera::data {
namespace {

// Larger than any photo; a longer file is something else.
constexpr int64_t kMaxBytes = int64_t{1} << 30;

class ImageFileDataset : public Dataset {
 public:
  ImageFileDataset(DatasetInfo info, std::vector<ImageGroup> groups,
                   const DecodeOptions& options)
      : info_(std::move(info)), groups_(std::move(groups)), options_(options) {
    int64_t size = 0;
    for (const ImageGroup& group : groups_) {
      size += group.files.size();
      ends_.push_back(size);
    }
  }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return ends_.empty() ? 0 : ends_.back(); }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    return WholeImage(Open(i));
  }

  absl::StatusOr<std::unique_ptr<ImageSource>> Open(int64_t i) const override {
    std::string path = PathOf(i);
    ASSIGN_OR_RETURN(std::string bytes, base::ReadFile(path, kMaxBytes));
    return OpenNamedImage(std::move(bytes), options_, std::move(path));
  }

  int64_t Label(int64_t i) const override { return groups_[GroupOf(i)].label; }

  absl::StatusOr<ImageName> Name(int64_t i) const override {
    return ImageName{PathBelow(info_.folder, PathOf(i)), ""};
  }

 private:
  std::string PathOf(int64_t i) const {
    const int64_t group = GroupOf(i);
    const int64_t begin = group == 0 ? 0 : ends_[group - 1];
    return absl::StrCat(groups_[group].folder, "/",
                        groups_[group].files[i - begin]);
  }

  int64_t GroupOf(int64_t i) const {
    CHECK(i >= 0 && i < size()) << i;
    return std::upper_bound(ends_.begin(), ends_.end(), i) - ends_.begin();
  }

  const DatasetInfo info_;
  const std::vector<ImageGroup> groups_;
  const DecodeOptions options_;
  std::vector<int64_t> ends_;  // number of images up to the end of each group
};

}  // namespace

std::shared_ptr<const Dataset> MakeImageFileDataset(
    DatasetInfo info, std::vector<ImageGroup> groups,
    const DecodeOptions& options) {
  info.SetSize(3, 0, 0);
  return std::make_shared<const ImageFileDataset>(std::move(info),
                                                  std::move(groups), options);
}

}  // namespace caldera::data
