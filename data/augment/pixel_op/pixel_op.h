// A transform of pixels with the numbers that were drawn for it; a plan's list
// of them follows cropping and flipping.
//
//   PixelOp op = PixelOpPart::Make("hue", 0.1);  // pixel_op_part.h
//   op.ApplyTo(image);
//
// A PixelOp is cheap to copy: what it does is an entry of the registry, to
// which it points.
#ifndef CALDERA_DATA_AUGMENT_PIXEL_OP_PIXEL_OP_H_
#define CALDERA_DATA_AUGMENT_PIXEL_OP_PIXEL_OP_H_

#include <array>
#include <cstdint>
#include <string>

#include "data/augment/pixel_op/byte_image.h"

namespace caldera::data {

// The value of pixels that a warp uncovers, for each channel; grey images use
// the first.
using Fill = std::array<uint8_t, 3>;

struct PixelOp;

// How RandAugment uses an operation.
struct RandAugmentMember {
  int place = -1;  // in its list, from 0; -1: it is not one of them
  // Returns the amount of a level in [0, 1]; sign is -1 or 1.
  double (*amount)(double level, double sign) = nullptr;
};

// Describes an operation: how it changes an image, and where it stands.
struct PixelOpKind {
  // Transforms `image`, of one or three channels, in place.
  void (*apply)(const ByteImage& image, const PixelOp& op) = nullptr;
  // Operations with a field of AugmentSpec are drawn and applied in ascending
  // order, those of one order by their names.
  static constexpr int kLast = 1000;
  int order = kLast;
  RandAugmentMember rand_augment;
  std::string name;  // the registry writes it
};

struct PixelOp {
  double amount = 0;             // the operation says what it means
  std::array<double, 3> more{};  // what else it needs
  const PixelOpKind* kind = nullptr;
  Fill fill{128, 128, 128};

  void ApplyTo(const ByteImage& image) const { kind->apply(image, *this); }
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_PIXEL_OP_PIXEL_OP_H_
