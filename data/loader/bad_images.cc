#include "data/loader/bad_images.h"

#include <glog/logging.h>

namespace caldera::data {

void BadImages::Add(int64_t index, const absl::Status& error) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!seen_.insert(index).second) return;
  LOG(WARNING) << error.message()
               << "; skipped, another image takes its place (" << seen_.size()
               << " bad so far)";
}

int64_t BadImages::count() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int64_t>(seen_.size());
}

}  // namespace caldera::data
