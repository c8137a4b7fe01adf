#include "data/decode/pixel_decoder_fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  caldera::data::FuzzPixelDecoder("TIFF", data, size);
  return 0;
}
