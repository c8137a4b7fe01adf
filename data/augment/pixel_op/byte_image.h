// An image in the caller's memory, plane after plane, on which the transforms
// of a single image work. It is free of LibTorch, whose dispatch costs more
// than a transform of a small image.
//
//   ByteImage image{tensor.mutable_data_ptr<uint8_t>(), 3, 32, 32};
//   PixelOpPart::Make("invert").ApplyTo(image);
#ifndef CALDERA_DATA_AUGMENT_PIXEL_OP_BYTE_IMAGE_H_
#define CALDERA_DATA_AUGMENT_PIXEL_OP_BYTE_IMAGE_H_

#include <cstdint>

namespace caldera::data {

// [C, H, W], contiguous; C = 1 is grey, C = 3 is red, green, blue.
struct ByteImage {
  uint8_t* data = nullptr;
  int64_t channels = 0, height = 0, width = 0;

  int64_t plane_size() const { return height * width; }
  int64_t size() const { return channels * plane_size(); }
  uint8_t* plane(int64_t c) const { return data + c * plane_size(); }
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_PIXEL_OP_BYTE_IMAGE_H_
