// Reads the orientation in an image's EXIF block.
//
//   int orientation = ExifOrientation(app1_segment);  // 6: turn it clockwise
#ifndef CALDERA_DATA_DECODE_EXIF_ORIENTATION_H_
#define CALDERA_DATA_DECODE_EXIF_ORIENTATION_H_

#include "absl/strings/string_view.h"

namespace caldera::data {

// Returns 1 to 8 (EXIF 2.3, tag 0x0112); 1, upright, if the block is damaged or
// has no orientation, since a bad EXIF block does not harm a photo. `exif` is a
// TIFF structure, with or without "Exif\0\0" in front.
int ExifOrientation(absl::string_view exif);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_EXIF_ORIENTATION_H_
