#include "data/decode/exif_orientation.h"

#include <cstddef>
#include <cstdint>

namespace caldera::data {
namespace {

constexpr int kUpright = 1;
constexpr uint32_t kOrientationTag = 0x0112, kShort = 3;

// Reads unsigned integers of a TIFF structure; they are 0 beyond its end.
class Tiff {
 public:
  Tiff(absl::string_view bytes, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {}

  uint32_t Uint(size_t offset, size_t size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t at = offset + (big_endian_ ? i : size - 1 - i);
      value = value << 8 | static_cast<uint8_t>(bytes_[at]);
    }
    return value;
  }

 private:
  absl::string_view bytes_;
  bool big_endian_;
};

}  // namespace

int ExifOrientation(absl::string_view exif) {
  const absl::string_view prefix("Exif\0\0", 6);
  if (exif.substr(0, prefix.size()) == prefix) exif.remove_prefix(6);
  const absl::string_view order = exif.substr(0, 2);
  if (order != "II" && order != "MM") return kUpright;
  const Tiff tiff(exif, order == "MM");
  if (tiff.Uint(2, 2) != 42) return kUpright;
  const size_t directory = tiff.Uint(4, 4);
  const size_t entries = tiff.Uint(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (tiff.Uint(entry, 2) != kOrientationTag) continue;
    const uint32_t value = tiff.Uint(entry + 8, 2);
    const bool valid = tiff.Uint(entry + 2, 2) == kShort && value <= 8;
    return valid && value >= 1 ? static_cast<int>(value) : kUpright;
  }
  return kUpright;
}

}  // namespace caldera::data
