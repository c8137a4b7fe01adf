#include "base/text/printable_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace caldera::base {
namespace {

TEST(PrintableText, LeavesWhatCanBeSeen) {
  for (const char* text :
       {"", "a b",
        "Gr\xC3\xB6\xC3\x9F"
        "e",
        "\xE7\x8C\xAB", "\xF0\x9F\x90\x88", "back\\slash", "\"'<>&|"}) {
    EXPECT_EQ(PrintableText(text), text);
    EXPECT_EQ(PrintableLines(text), text);
    EXPECT_EQ(ValidUtf8(text), text);
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(PrintableText, ShowsBytesThatAreNoUtf8) {
  for (const auto& [bytes, shown] :
       {std::pair("Gr\xF6\xDF"
                  "e",
                  "Gr\\xF6\\xDFe"),
        std::pair("\xC3", "\\xC3"),                    // cut off
        std::pair("\xE7\x8Cx", "\\xE7\\x8Cx"),         // cut off
        std::pair("\xC0\xAF", "\\xC0\\xAF"),           // too long
        std::pair("\xE0\x80\xAF", "\\xE0\\x80\\xAF"),  // too long
        std::pair("\xED\xA0\x80", "\\xED\\xA0\\x80"),  // half of a pair
        std::pair("\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"),
        std::pair("\xFF\x80", "\\xFF\\x80")}) {
    EXPECT_EQ(ValidUtf8(bytes), shown);
    EXPECT_EQ(PrintableText(bytes), shown);
    EXPECT_FALSE(IsUtf8(bytes)) << shown;
  }
}

TEST(PrintableText, KeepsOneLineAndTheTerminal) {
  EXPECT_EQ(PrintableText("line\nbreak\r\t"), "line\\nbreak\\r\\t");
  EXPECT_EQ(PrintableText("\x1B[31mred\x7F"), "\\x1B[31mred\\x7F");
  EXPECT_EQ(PrintableText(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(PrintableText("\xC2\x9B"
                          "1m"),
            "\\u009B1m");  // CSI
  EXPECT_EQ(PrintableText("\xE2\x80\xA8"), "\\u2028");
  EXPECT_EQ(PrintableText("\xE2\x80\xAEgpj.exe"), "\\u202Egpj.exe");
  EXPECT_EQ(PrintableText("\xF0\x9F\xBF\xBE"), "\\U0001FFFE");
  EXPECT_EQ(PrintableLines("a\n\tb\x1B\xF6"), "a\n\tb\\x1B\\xF6");
  EXPECT_EQ(ValidUtf8("a\n\x1B\xF6"), "a\n\x1B\\xF6");
}

TEST(PrintableText, IsValidOfAnyBytesAndReadsTheSameAgain) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 12, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string text = PrintableText(bytes);
    EXPECT_TRUE(IsUtf8(text)) << text;
    EXPECT_EQ(PrintableText(text), text);
    EXPECT_EQ(ValidUtf8(bytes) == bytes, IsUtf8(bytes)) << text;
  }
}

}  // namespace
}  // namespace caldera::base
