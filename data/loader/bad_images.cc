#include "data/loader/bad_images.h"

#include <glog/logging.h>

#include <utility>
#include <vector>

#include "data/sets/subset.h"

namespace caldera::data {

void BadImages::Add(int64_t index, const absl::Status& error,
                    absl::string_view fate) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!seen_.insert(index).second) return;
  LOG(WARNING) << error.message() << "; skipped, " << fate << " ("
               << seen_.size() << " bad so far)";
}

bool BadImages::Has(int64_t index) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return seen_.count(index) > 0;
}

int64_t BadImages::count() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int64_t>(seen_.size());
}

std::shared_ptr<BadImages> BadImagesUnder(LoaderSpec::OnBadImage policy) {
  return policy == LoaderSpec::SKIP ? std::make_shared<BadImages>() : nullptr;
}

std::shared_ptr<const Dataset> WithoutBad(
    const std::shared_ptr<const Dataset>& dataset, const BadImages& bad) {
  if (bad.count() == 0) return dataset;
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < dataset->size(); ++i) {
    if (!bad.Has(dataset->OriginalIndex(i))) rows.push_back(i);
  }
  if (static_cast<int64_t>(rows.size()) == dataset->size()) return dataset;
  return Subset(dataset, std::move(rows));
}

}  // namespace caldera::data
