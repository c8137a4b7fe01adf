// Some images of a set, as a set of its own.
//
//   auto few = std::make_shared<SubsetDataset>(all, std::vector<int64_t>{0,
//   7}); few->Image(1);  // image 7 of `all`
#ifndef CALDERA_DATA_SUBSET_DATASET_H_
#define CALDERA_DATA_SUBSET_DATASET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "data/dataset.h"

namespace caldera::data {

class SubsetDataset : public Dataset {
 public:
  // `images` of `all`, in this order.
  SubsetDataset(std::shared_ptr<const Dataset> all, std::vector<int64_t> images)
      : all_(std::move(all)), images_(std::move(images)) {}

  const DatasetInfo& info() const override { return all_->info(); }
  int64_t size() const override { return static_cast<int64_t>(images_.size()); }
  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    return all_->Image(images_[i]);
  }
  absl::StatusOr<std::unique_ptr<ImageSource>> Open(int64_t i) const override {
    return all_->Open(images_[i]);
  }
  int64_t Label(int64_t i) const override { return all_->Label(images_[i]); }

 private:
  std::shared_ptr<const Dataset> all_;
  std::vector<int64_t> images_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_SUBSET_DATASET_H_
