// Draws samples of a set beside their views, the input of a model.
//
//   absl::StatusOr<at::Tensor> sheet = ContactSheet(dataset, options, 8, 0);
//   // uint8 [C, ...]: 8 rows of the image and its views
#ifndef CALDERA_DATA_TOOLS_CONTACT_SHEET_H_
#define CALDERA_DATA_TOOLS_CONTACT_SHEET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "data/loader/loader_options.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// Returns the first `rows` samples (fewer of a small set) of the epoch that a
// Loader with these options gives, one per row: the image, fitted without
// augmentation, then its views. options.batch_size is not used. Small images
// are enlarged. Errors are those of Loader.
absl::StatusOr<at::Tensor> ContactSheet(std::shared_ptr<const Dataset> dataset,
                                        LoaderOptions options, int64_t rows,
                                        int64_t epoch);

}  // namespace caldera::data

#endif  // CALDERA_DATA_TOOLS_CONTACT_SHEET_H_
