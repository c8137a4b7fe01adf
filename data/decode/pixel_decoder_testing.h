// For tests and benchmarks of decoders: pictures, and regions held against the
// whole image.
//
//   const RgbImage picture = NaturalPicture(75, 100, /*seed=*/1);
//   ExpectRegionsMatch(**decoder, 40);
#ifndef CALDERA_DATA_DECODE_PIXEL_DECODER_TESTING_H_
#define CALDERA_DATA_DECODE_PIXEL_DECODER_TESTING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {

struct RgbImage {
  int64_t height = 0, width = 0;
  std::vector<uint8_t> pixels;  // [height, width, 3]
};

// Waves of several scales, an edge and noise: colourful, with detail that a
// photo's JPEG has as well.
RgbImage NaturalPicture(int64_t height, int64_t width, uint32_t seed);

absl::StatusOr<RgbImage> DecodeRegion(PixelDecoder& decoder,
                                      const Rectangle& rectangle);
absl::StatusOr<RgbImage> DecodeWhole(PixelDecoder& decoder);

// `count` random rectangles, of all sizes and at all borders, equal the same
// part of the whole image.
void ExpectRegionsMatch(PixelDecoder& decoder, int count);

// Largest difference of two images of the same size.
int MaxDifference(const RgbImage& a, const RgbImage& b);

// A file of data/testdata/images.
std::string ReadTestImage(const std::string& name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_PIXEL_DECODER_TESTING_H_
