#include "base/join_words.h"

#include <gtest/gtest.h>

namespace caldera::base {
namespace {

TEST(JoinWords, PutsTheLastWordBehindAnother) {
  EXPECT_EQ(JoinWords({}, "or"), "");
  EXPECT_EQ(JoinWords({"JPEG"}, "or"), "JPEG");
  EXPECT_EQ(JoinWords({"JPEG", "PNG"}, "and"), "JPEG and PNG");
  EXPECT_EQ(JoinWords({"JPEG", "PNG", "BMP"}, "or"), "JPEG, PNG or BMP");
}

}  // namespace
}  // namespace caldera::base
