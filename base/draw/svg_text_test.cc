#include "base/draw/svg_text.h"

#include <gtest/gtest.h>

#include <string>

namespace caldera::base {
namespace {

TEST(XmlEscaped, HoldsNothingThatXmlRefuses) {
  EXPECT_EQ(XmlEscaped("a < \"b\" & 'c' > \xC3\xB6"),
            "a &lt; &quot;b&quot; &amp; &#39;c&#39; &gt; \xC3\xB6");
  EXPECT_EQ(XmlEscaped("Gr\xF6 \n\x01"), "Gr\\xF6 \\n\\x01");
}

TEST(Shortened, CutsBetweenCharacters) {
  EXPECT_EQ(Shortened("short", 5), "short");
  EXPECT_EQ(Shortened("longer", 4), "long...");
  EXPECT_EQ(Shortened("\xC3\xB6\xC3\xB6", 3), "\xC3\xB6...");
  EXPECT_EQ(Shortened("\xF6\xF6", 4), "\\xF6...");
  EXPECT_EQ(Shortened(std::string(300, '\x80'), 4), "\\x80...");
}

}  // namespace
}  // namespace caldera::base
