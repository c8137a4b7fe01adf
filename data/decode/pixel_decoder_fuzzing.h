// Runs a decoder on the input of its fuzz target.
//
//   FuzzPixelDecoder("PNG", data, size);
#ifndef CALDERA_DATA_DECODE_PIXEL_DECODER_FUZZING_H_
#define CALDERA_DATA_DECODE_PIXEL_DECODER_FUZZING_H_

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/image_format.h"

namespace caldera::data {

// Decodes the lower right quarter and the full image as the format of that
// name: neither may crash, and both agree in the last pixel.
inline void FuzzPixelDecoder(absl::string_view format, const uint8_t* data,
                             size_t size) {
  DecodeOptions options;
  options.max_pixels = 1 << 16;
  options.apply_exif_orientation = true;
  const auto& formats = ImageFormats();
  const auto found =
      std::find_if(formats.begin(), formats.end(),
                   [&](const ImageFormat& one) { return one.name == format; });
  if (found == formats.end()) std::abort();
  auto decoder = found->open(
      absl::string_view(reinterpret_cast<const char*>(data), size), options);
  if (!decoder.ok()) {
    if (decoder.status().message().empty()) std::abort();
    return;
  }
  const int64_t height = (*decoder)->height(), width = (*decoder)->width();
  const Rectangle quarter{height / 2, width / 2, height - height / 2,
                          width - width / 2};
  std::vector<uint8_t> part(3 * quarter.height * quarter.width);
  std::vector<uint8_t> whole(3 * height * width);
  const bool part_ok = (*decoder)->Decode(quarter, part.data()).ok();
  const bool whole_ok =
      (*decoder)->Decode({0, 0, height, width}, whole.data()).ok();
  if (whole_ok && (!part_ok || part.back() != whole.back())) std::abort();
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_PIXEL_DECODER_FUZZING_H_
