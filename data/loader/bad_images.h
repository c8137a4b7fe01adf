// The images of a set that cannot be read. Loaders of one set share them, so
// that each is reported once, however often the set is read.
//
//   auto bad = std::make_shared<BadImages>();
//   options.on_bad_image = LoaderSpec::SKIP;
//   options.bad_images = bad;  // of LoaderOptions
//   ...                        // read the set
//   auto readable = WithoutBad(dataset, *bad);
//
// Images are known by their positions in the complete set
// (Dataset::OriginalIndex). Safe to use from several threads at once.
#ifndef CALDERA_DATA_LOADER_BAD_IMAGES_H_
#define CALDERA_DATA_LOADER_BAD_IMAGES_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "data/data.pb.h"
#include "data/sets/dataset.h"

namespace caldera::data {

class BadImages {
 public:
  // Logs a warning with `error`, which names the image, and with what becomes
  // of it ("it is left out"), unless `index` is known.
  void Add(int64_t index, const absl::Status& error, absl::string_view fate);

  bool Has(int64_t index) const;
  int64_t count() const;  // distinct images

 private:
  mutable std::mutex mutex_;
  std::set<int64_t> seen_;
};

// Returns where to note them under SKIP, and null under FAIL.
std::shared_ptr<BadImages> BadImagesUnder(LoaderSpec::OnBadImage policy);

// Returns the images of `dataset` that are not in `bad`; `dataset` itself if
// there is none in it.
std::shared_ptr<const Dataset> WithoutBad(
    const std::shared_ptr<const Dataset>& dataset, const BadImages& bad);

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_BAD_IMAGES_H_
