// Reads the first images of a set, for pictures.
//
//   auto batch = FirstImages(dataset, /*count=*/12, /*image_size=*/224,
//                            spec.loader().on_bad_image());
#ifndef CALDERA_DATA_LOADER_FIRST_IMAGES_H_
#define CALDERA_DATA_LOADER_FIRST_IMAGES_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/loader/batch.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// Returns the first `count` images, or all of a smaller set, only resized;
// under SKIP the first that can be read. Errors: those of Loader; DataLoss if
// none of the first hundred times as many can be read.
absl::StatusOr<Batch> FirstImages(const std::shared_ptr<const Dataset>& dataset,
                                  int64_t count, int64_t image_size,
                                  LoaderSpec::OnBadImage on_bad_image);

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_FIRST_IMAGES_H_
