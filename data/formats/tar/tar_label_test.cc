#include "data/formats/tar/tar_label.h"

#include <gtest/gtest.h>

namespace caldera::data {
namespace {

TEST(TarLabel, IsANumberOrAName) {
  EXPECT_EQ(ParseTarLabel("\xef\xbb\xbf 12 \r\n")->number, 12);
  EXPECT_EQ(ParseTarLabel("b\"7\"")->number, 7);
  EXPECT_EQ(ParseTarLabel("b'cat'")->name, "cat");
  EXPECT_EQ(ParseTarLabel("n01440764")->name, "n01440764");
  EXPECT_EQ(ParseTarLabel("3d printer")->name, "3d printer");
  EXPECT_EQ(ParseTarLabel("Gr\xc3\xb6\xc3\x9f"
                          "e")
                ->name,
            "Gr\xc3\xb6\xc3\x9f"
            "e");
  EXPECT_FALSE(ParseTarLabel(std::string("\0\x80", 2)).has_value());
}

}  // namespace
}  // namespace caldera::data
