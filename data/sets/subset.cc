#include "data/sets/subset.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

namespace caldera::data {
namespace {

class SubsetDataset : public Dataset {
 public:
  SubsetDataset(std::shared_ptr<const Dataset> base, std::vector<int64_t> rows)
      : base_(std::move(base)), rows_(std::move(rows)) {
    for (const int64_t row : rows_) {
      CHECK(row >= 0 && row < base_->size()) << row << " of " << base_->size();
    }
    const std::vector<int64_t> shards = base_->shards();
    if (!std::is_sorted(rows_.begin(), rows_.end())) return;
    int64_t end = 0;
    auto from = rows_.begin();
    for (const int64_t shard : shards) {
      end += shard;
      const auto to = std::lower_bound(from, rows_.end(), end);
      shards_.push_back(to - from);
      from = to;
    }
  }

  const DatasetInfo& info() const override { return base_->info(); }
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    return base_->Image(rows_[i]);
  }
  absl::StatusOr<std::unique_ptr<ImageSource>> Open(int64_t i) const override {
    return base_->Open(rows_[i]);
  }
  int64_t Label(int64_t i) const override { return base_->Label(rows_[i]); }
  int64_t OriginalIndex(int64_t i) const override {
    return base_->OriginalIndex(rows_[i]);
  }
  absl::StatusOr<ImageName> Name(int64_t i) const override {
    return base_->Name(rows_[i]);
  }
  std::vector<int64_t> shards() const override { return shards_; }

 private:
  std::shared_ptr<const Dataset> base_;
  std::vector<int64_t> rows_;
  std::vector<int64_t> shards_;
};

}  // namespace

std::shared_ptr<const Dataset> Subset(std::shared_ptr<const Dataset> base,
                                      std::vector<int64_t> rows) {
  return std::make_shared<SubsetDataset>(std::move(base), std::move(rows));
}

std::shared_ptr<const Dataset> EvenlySpaced(std::shared_ptr<const Dataset> base,
                                            int64_t count) {
  CHECK_GE(count, 1);
  const int64_t size = base->size();
  if (size <= count) return base;
  std::vector<int64_t> rows(count);
  for (int64_t i = 0; i < count; ++i) rows[i] = i * size / count;
  return Subset(std::move(base), std::move(rows));
}

}  // namespace caldera::data
