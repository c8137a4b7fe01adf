#include "eval/linear/cached_batches.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <glog/logging.h>

#include <memory>
#include <utility>

#include "data/loader/sampler.h"

namespace caldera::eval {
namespace {

class Cached {
 public:
  Cached(std::vector<LabelledFeatures> features, std::vector<int64_t> rows,
         int64_t batch_size, uint64_t seed)
      : features_(std::move(features)),
        rows_(std::move(rows)),
        batch_size_(batch_size),
        seed_(seed) {
    CHECK(batch_size >= 1 && batch_size <= size());
  }

  int64_t steps_per_epoch() const { return size() / batch_size_; }

  FeatureBatch Next() {
    if (step_ == 0) order_ = data::EpochOrder(size(), seed_, epoch_);
    std::vector<int64_t> chosen(batch_size_);
    for (int64_t i = 0; i < batch_size_; ++i) {
      chosen[i] = rows_[order_[step_ * batch_size_ + i]];
    }
    if (++step_ == steps_per_epoch()) {
      step_ = 0;
      ++epoch_;
    }
    const at::Tensor index =
        at::tensor(chosen, at::kLong).to(features_[0].features.device());
    FeatureBatch batch;
    for (const LabelledFeatures& some : features_) {
      batch.features.push_back(at::index_select(some.features, 0, index));
    }
    batch.labels = at::index_select(features_[0].labels, 0, index);
    return batch;
  }

 private:
  int64_t size() const { return static_cast<int64_t>(rows_.size()); }

  std::vector<LabelledFeatures> features_;
  std::vector<int64_t> rows_, order_;
  int64_t batch_size_;
  uint64_t seed_;
  int64_t epoch_ = 0, step_ = 0;
};

}  // namespace

FeatureBatches CachedBatches(std::vector<LabelledFeatures> features,
                             std::vector<int64_t> rows, int64_t batch_size,
                             uint64_t seed) {
  const auto cached = std::make_shared<Cached>(
      std::move(features), std::move(rows), batch_size, seed);
  return {
      cached->steps_per_epoch(),
      [cached]() -> absl::StatusOr<FeatureBatch> { return cached->Next(); }};
}

FeatureBlocks CachedBlocks(const std::vector<LabelledFeatures>& features) {
  FeatureBatch all;
  for (const LabelledFeatures& some : features) {
    all.features.push_back(some.features);
  }
  all.labels = features[0].labels;
  return {[all](const auto& consume) { return consume(all); }};
}

}  // namespace caldera::eval
