#include "data/decode/pixel_decoder_fuzzing.h"
#include "data/decode/png_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  caldera::data::FuzzPixelDecoder(caldera::data::OpenPng, data, size);
  return 0;
}
