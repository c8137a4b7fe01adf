#include "data/decode/pixel_decoder_fuzzing.h"
#include "data/decode/webp_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  caldera::data::FuzzPixelDecoder(caldera::data::OpenWebp, data, size);
  return 0;
}
