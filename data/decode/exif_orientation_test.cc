#include "data/decode/exif_orientation.h"

#include <gtest/gtest.h>

#include <string>

namespace caldera::data {
namespace {

// Two entries: the maker's name's place, then the orientation.
std::string Exif(bool big_endian, int orientation) {
  const auto number = [&](uint32_t value, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) {
      const int shift = 8 * (big_endian ? size - 1 - i : i);
      bytes.push_back(static_cast<char>(value >> shift));
    }
    return bytes;
  };
  return std::string(big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) +
         number(2, 2) +                                                    //
         number(0x010f, 2) + number(2, 2) + number(4, 4) + number(0, 4) +  //
         number(0x0112, 2) + number(3, 2) + number(1, 4) +                 //
         number(orientation, 2) + number(0, 2) + number(0, 4);
}

TEST(ExifOrientationTest, ReadsBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const std::string exif = Exif(big_endian, orientation);
      EXPECT_EQ(ExifOrientation(exif), orientation);
      EXPECT_EQ(ExifOrientation(std::string("Exif\0\0", 6) + exif),
                orientation);
    }
  }
}

TEST(ExifOrientationTest, IsUprightWhereTheBlockMakesNoSense) {
  for (const int orientation : {0, 9, 65535}) {
    EXPECT_EQ(ExifOrientation(Exif(true, orientation)), 1);
  }
  const std::string exif = Exif(false, 6);
  for (size_t size = 0; size < 32; ++size) {
    EXPECT_EQ(ExifOrientation(exif.substr(0, size)), 1) << size;
  }
  std::string other = exif;
  other[2] = 43;
  EXPECT_EQ(ExifOrientation(other), 1);
  other = exif;
  other.replace(4, 4, "\xff\xff\xff\xff");  // where the entries are
  EXPECT_EQ(ExifOrientation(other), 1);
  other = exif;
  other[24] = 4;  // not a SHORT
  EXPECT_EQ(ExifOrientation(other), 1);
}

}  // namespace
}  // namespace caldera::data
