// Whatever the bytes, ExifOrientation returns one of the eight orientations.
#include <cstdint>
#include <cstdlib>

#include "data/decode/exif_orientation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int orientation = caldera::data::ExifOrientation(
      absl::string_view(reinterpret_cast<const char*>(data), size));
  if (orientation < 1 || orientation > 8) std::abort();
  return 0;
}
