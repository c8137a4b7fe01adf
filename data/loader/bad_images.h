// Remembers the images of a set that cannot be read, and reports each once.
//
//   BadImages bad;
//   bad.Add(index, status);  // logs the first time
//
// Safe to call from several threads at once.
#ifndef CALDERA_DATA_LOADER_BAD_IMAGES_H_
#define CALDERA_DATA_LOADER_BAD_IMAGES_H_

#include <cstdint>
#include <mutex>
#include <set>

#include "absl/status/status.h"

namespace caldera::data {

class BadImages {
 public:
  // A warning with `error`, which names the image, unless `index` is known.
  void Add(int64_t index, const absl::Status& error);

  int64_t count() const;  // different images

 private:
  mutable std::mutex mutex_;
  std::set<int64_t> seen_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_BAD_IMAGES_H_
