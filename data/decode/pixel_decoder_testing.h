// Helps tests and benchmarks of decoders: makes pictures, and compares regions
// with the full image.
//
//   const RgbImage picture = NaturalPicture(75, 100, /*seed=*/1);
//   ExpectRegionsMatch(**decoder, 40);
#ifndef CALDERA_DATA_DECODE_PIXEL_DECODER_TESTING_H_
#define CALDERA_DATA_DECODE_PIXEL_DECODER_TESTING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {

struct RgbImage {
  int64_t height = 0, width = 0;
  std::vector<uint8_t> pixels;  // [height, width, 3]
};

// Returns waves of several scales, an edge and noise: colourful, with the
// detail of a photo's JPEG.
RgbImage NaturalPicture(int64_t height, int64_t width, uint32_t seed);

// Opens an image as the format of that name, whatever its bytes. CHECK: there
// is one.
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenAs(
    absl::string_view format, absl::string_view bytes,
    const DecodeOptions& options);

absl::StatusOr<RgbImage> DecodeRegion(PixelDecoder& decoder,
                                      const Rectangle& rectangle);
absl::StatusOr<RgbImage> DecodeWhole(PixelDecoder& decoder);

// Expects that `count` random rectangles, of all sizes and at all borders,
// equal the same region of the full image.
void ExpectRegionsMatch(PixelDecoder& decoder, int count);

// Returns the largest difference of two images of the same size.
int MaxDifference(const RgbImage& a, const RgbImage& b);

// Returns the bytes of a file in data/decode/testdata/images.
std::string ReadTestImage(const std::string& name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_PIXEL_DECODER_TESTING_H_
