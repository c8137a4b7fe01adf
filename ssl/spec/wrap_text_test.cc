#include "ssl/spec/wrap_text.h"

#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(WrapText, IndentsFurtherLines) {
  EXPECT_EQ(WrapText("  seed  ", "integer, default 0", 4),
            "  seed  integer, default 0\n");
  EXPECT_EQ(WrapText("", "", 4), "");
  EXPECT_EQ(WrapText("  a", "", 4), "  a\n");
  const std::string word(30, 'x');
  EXPECT_EQ(WrapText("- ", word + " " + word + " " + word, 2),
            "- " + word + " " + word + "\n  " + word + "\n");
  EXPECT_EQ(WrapText("    ", "two\nparagraphs", 4),
            "    two\n    paragraphs\n");
}

TEST(WrapText, KeepsAWideWordWhole) {
  const std::string wide(90, 'x');
  EXPECT_EQ(WrapText("head ", wide + " end", 2),
            "head\n  " + wide + "\n  end\n");
}

TEST(WrapText, EndsNoLineAtATab) {
  const std::string word(70, 'x');
  EXPECT_EQ(WrapText("", word + ", range\t[0,\tinf)", 2),
            word + ",\n  range [0, inf)\n");
}

TEST(WrapText, FillsEightyColumns) {
  const std::string text =
      WrapText("", std::string(40, 'a') + " " + std::string(39, 'b') + " c", 0);
  EXPECT_EQ(text.find('\n'), 80u);
}

TEST(Shorten, TakesTheFirstSentenceThatFits) {
  const std::string rest(80, 'x');
  EXPECT_EQ(Shorten("All of it.", 6), "All of it.");
  EXPECT_EQ(Shorten("One (He et al. 2022). Two " + rest, 6),
            "One (He et al. 2022).");
  EXPECT_EQ(Shorten("One line\n" + rest, 6), "One line");
  EXPECT_EQ(Shorten("Too long " + rest, 6), "Too long...");
}

}  // namespace
}  // namespace caldera::ssl
