// An image of a set before its pixels are decoded: its size is known, and a
// caller requests a rectangle, so that a random crop of a photo does not decode
// the entire photo.
//
//   absl::StatusOr<std::unique_ptr<ImageSource>> source = dataset.Open(i);
//   plan = DrawAugmentPlan(augmentation, (*source)->height(),
//                          (*source)->width(), ...);
//   absl::StatusOr<at::Tensor> pixels = (*source)->Region(plan.crop);
//
// Caveats: use a source from one thread only. It may refer to its Dataset,
// which must outlive it.
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

  // Returns uint8 [C, rectangle.height, rectangle.width] of any strides, which
  // may share memory with the set and must not be written. The rectangle is
  // inside the image and not empty. The pixels equal those of the full image,
  // except where a decoder documents a difference.
  virtual absl::StatusOr<at::Tensor> Region(const Rectangle& rectangle) = 0;
};

// Returns InvalidArgument unless `image` is uint8 [C, H, W] and not empty.
absl::Status CheckImage(const at::Tensor& image);

// Returns the source of an image in memory that has passed CheckImage.
std::unique_ptr<ImageSource> SourceOf(at::Tensor image);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_IMAGE_SOURCE_H_
