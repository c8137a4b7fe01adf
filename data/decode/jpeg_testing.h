// Encodes JPEG of many kinds, for tests and benchmarks.
//
//   JpegKind kind;
//   kind.horizontal_sampling = kind.vertical_sampling = 2;  // 4:2:0
//   std::string bytes = EncodeJpeg(picture, kind);
#ifndef CALDERA_DATA_DECODE_JPEG_TESTING_H_
#define CALDERA_DATA_DECODE_JPEG_TESTING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {

struct JpegKind {
  int quality = 95;
  // Sampling of luma relative to colour: 1 x 1 is 4:4:4, 2 x 1 is 4:2:2.
  int horizontal_sampling = 1, vertical_sampling = 1;
  bool grey = false, progressive = false, arithmetic = false;
  int restart_interval = 0;  // blocks; 0: no markers
};

// Returns the bytes of a JPEG file.
std::string EncodeJpeg(const RgbImage& image, const JpegKind& kind);

// Encodes `cmyk` [height, width, 4], which is inverted as in the file, as CMYK
// or YCCK.
std::string EncodeCmykJpeg(const std::vector<uint8_t>& cmyk, int64_t height,
                           int64_t width, bool ycck);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_JPEG_TESTING_H_
