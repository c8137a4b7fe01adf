// Makes small images for tests of folders and archives: BMP needs no encoder,
// and decoders recognize a file by its bytes, not its name.
#ifndef CALDERA_DATA_DECODE_BMP_TESTING_H_
#define CALDERA_DATA_DECODE_BMP_TESTING_H_

#include <string>

namespace caldera::data {

// Returns a BMP of 24 bits per pixel, whose pixels are all (red, green, blue).
inline std::string BmpBytes(int height, int width, int red, int green,
                            int blue) {
  const int row = (3 * width + 3) / 4 * 4;
  const auto number = [](int value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
      text.push_back(static_cast<char>(value >> (8 * i)));
    }
    return text;
  };
  std::string bytes = "BM" + number(54 + row * height, 4) + number(0, 4) +
                      number(54, 4) + number(40, 4) + number(width, 4) +
                      number(height, 4) + number(1, 2) + number(24, 2) +
                      std::string(24, '\0');
  for (int y = 0; y < height; ++y) {
    std::string line;
    for (int x = 0; x < width; ++x) {
      line += {static_cast<char>(blue), static_cast<char>(green),
               static_cast<char>(red)};
    }
    line.resize(row, '\0');
    bytes += line;
  }
  return bytes;
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_BMP_TESTING_H_
