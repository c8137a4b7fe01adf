#include "data/decode/pixel_decoder_fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Without libheif, both are the same error.
  caldera::data::FuzzPixelDecoder("HEIC", data, size);
  caldera::data::FuzzPixelDecoder("AVIF", data, size);
  return 0;
}
