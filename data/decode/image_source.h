// One image of a set before its pixels are needed: its size is known, and a
// rectangle of it can be asked for, so that a random crop of a photo does not
// decode the whole photo.
//
//   absl::StatusOr<std::unique_ptr<ImageSource>> source = dataset.Open(i);
//   plan = DrawAugmentPlan(spec, (*source)->height(), (*source)->width(), ...);
//   absl::StatusOr<at::Tensor> pixels = (*source)->Region(plan.crop);
//
// Caveats: a source is for one thread. It may refer to its Dataset, which must
// live longer.
#ifndef CALDERA_DATA_DECODE_IMAGE_SOURCE_H_
#define CALDERA_DATA_DECODE_IMAGE_SOURCE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/decode/rectangle.h"

namespace caldera::data {

class ImageSource {
 public:
  virtual ~ImageSource() = default;

  virtual int64_t channels() const = 0;
  virtual int64_t height() const = 0;
  virtual int64_t width() const = 0;

  // uint8 [C, rectangle.height, rectangle.width], of any strides; may share
  // memory with the set, so it is only read. The rectangle lies inside the
  // image and is not empty. The same pixels as those of the whole image
  // (decoders say where they are not).
  virtual absl::StatusOr<at::Tensor> Region(const Rectangle& rectangle) = 0;
};

// InvalidArgument unless `image` is uint8 [C, H, W] and holds something.
absl::Status CheckImage(const at::Tensor& image);

// The source of an image that is in memory and has passed CheckImage.
std::unique_ptr<ImageSource> SourceOf(at::Tensor image);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_IMAGE_SOURCE_H_
