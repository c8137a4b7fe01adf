// Refuses a batch of one image for terms that compare images.
//
//   RETURN_IF_ERROR(CheckSeveralImages("koleo", sizes));
#ifndef CALDERA_SSL_TERMS_SEVERAL_IMAGES_H_
#define CALDERA_SSL_TERMS_SEVERAL_IMAGES_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

// Returns InvalidArgument, which names the term and the remedy, where fewer
// than two images are computed together.
inline absl::Status CheckSeveralImages(absl::string_view term,
                                       const ModelSizes& sizes) {
  if (sizes.images >= 2) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      term, " compares the images of a batch, but train.batch_size leaves it ",
      sizes.images, "; use 2 or more"));
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_SEVERAL_IMAGES_H_
