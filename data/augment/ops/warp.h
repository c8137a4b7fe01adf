// Affine maps of an image, with Pillow's sampling: Image.transform as timm
// calls it, bit for bit, computed in double.
//
//   AffineMap map;
//   map.b = op.amount;     // a shear
//   Warp(image, op, map);  // op as DrawWarp returns it
//
// The bicubic filter here is the sharper one (a = -1), unlike that of a resize
// (a = -0.5).
#ifndef CALDERA_DATA_AUGMENT_OPS_WARP_H_
#define CALDERA_DATA_AUGMENT_OPS_WARP_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "base/option_list.h"
#include "base/random_stream.h"
#include "data/augment/pixel_op/pixel_op.h"

namespace caldera::data {

struct WarpOptions {
  double max = 0;
  std::string range, unit;  // of max
  bool bilinear = false;

  void List(base::OptionList& list) {
    list.Add("max", &max, range,
             absl::StrCat("the largest amount either way, in ", unit));
    list.Add("bilinear", &bilinear, "samples bilinearly, not bicubically");
  }
};

// Returns an amount uniform in [-max, max); more[0] says whether it is sampled
// bilinearly.
inline PixelOp DrawWarp(const WarpOptions& options,
                        base::RandomStream& stream) {
  return {stream.Uniform(-options.max, options.max),
          {options.bilinear ? 1.0 : 0.0}};
}

// The pixel at (x, y) comes from (a x + b y + c, d x + e y + f), where pixel
// centres are at halves.
struct AffineMap {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
};

// Maps `image`, with the sampling of `op`; pixels from outside of it become
// op.fill.
void Warp(const ByteImage& image, const PixelOp& op, const AffineMap& map);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_OPS_WARP_H_
