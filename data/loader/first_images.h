// Reads the first images of a set, for pictures.
//
//   auto batch = FirstImages(dataset, /*count=*/12, /*image_size=*/224, bad);
#ifndef CALDERA_DATA_LOADER_FIRST_IMAGES_H_
#define CALDERA_DATA_LOADER_FIRST_IMAGES_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "data/loader/bad_images.h"
#include "data/loader/batch.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// Returns the first `count` images, or all of a smaller set, only resized. With
// bad_images they are the first that can be read, and the others are noted
// there; null: one that cannot be read is an error. Errors: those of Loader;
// DataLoss if none of the first hundred times as many can be read.
absl::StatusOr<Batch> FirstImages(const std::shared_ptr<const Dataset>& dataset,
                                  int64_t count, int64_t image_size,
                                  const std::shared_ptr<BadImages>& bad_images);

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_FIRST_IMAGES_H_
