// What the formats of encoded images have in common.
//
//   auto source = OpenNamedImage(*base::ReadFile(path, limit),
//                                DecodeOptionsOf(spec), path);
#ifndef CALDERA_DATA_SETS_ENCODED_IMAGES_H_
#define CALDERA_DATA_SETS_ENCODED_IMAGES_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/decode/decode_options.h"
#include "data/decode/image_source.h"

namespace caldera::data {

// Returns the decoders' options that a spec gives.
DecodeOptions DecodeOptionsOf(const DataSpec& spec);

// Returns the source of OpenEncodedImage (decode_image.h); its errors, and
// those of Region(), begin with `name`.
absl::StatusOr<std::unique_ptr<ImageSource>> OpenNamedImage(
    std::string bytes, const DecodeOptions& options, std::string name);

// Returns all pixels of `source` as uint8 [C, H, W], or its error.
absl::StatusOr<at::Tensor> WholeImage(
    const absl::StatusOr<std::unique_ptr<ImageSource>>& source);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_ENCODED_IMAGES_H_
