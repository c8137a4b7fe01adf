// The orientation in an image's EXIF block.
//
//   int orientation = ExifOrientation(app1_segment);  // 6: turn it clockwise
#ifndef CALDERA_DATA_DECODE_EXIF_ORIENTATION_H_
#define CALDERA_DATA_DECODE_EXIF_ORIENTATION_H_

#include "absl/strings/string_view.h"

namespace caldera::data {

// 1 to 8 (EXIF 2.3, tag 0x0112); 1, upright, where the block is damaged or
// says nothing, since a photo is no worse for a bad EXIF block. `exif` is a
// TIFF structure, with or without "Exif\0\0" before it.
int ExifOrientation(absl::string_view exif);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_EXIF_ORIENTATION_H_
