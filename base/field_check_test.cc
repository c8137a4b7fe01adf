#include "base/field_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace caldera::base {
namespace {

std::string Message(const FieldCheck& check) {
  return std::string(check.status().message());
}

TEST(FieldCheck, AcceptsTheEndsOfARange) {
  EXPECT_TRUE(FieldCheck()
                  .InRange("a", 1, 1, 4)
                  .InRange("a", 4, 1, 4)
                  .AboveUpTo("b", 4.0, 0, 4)
                  .Below("c", 0.0, 0, 1)
                  .AtLeast("d", 3, 3)
                  .Above("e", 1e-9, 0)
                  .status()
                  .ok());
}

TEST(FieldCheck, NamesFieldValueAndRange) {
  EXPECT_EQ(Message(FieldCheck().InRange("depth", 0, 1, 9)),
            "depth: 0 is not in [1, 9]");
  EXPECT_EQ(Message(FieldCheck().AboveUpTo("ratio", 0.0, 0, 1)),
            "ratio: 0 is not in (0, 1]");
  EXPECT_EQ(Message(FieldCheck().Below("drop", 1.0, 0, 1)),
            "drop: 1 is not in [0, 1)");
  EXPECT_EQ(Message(FieldCheck().AtLeast("rows", -1, 0, "it counts images")),
            "rows: -1 is not at least 0; it counts images");
  EXPECT_EQ(Message(FieldCheck().Above("lr", 0.0, 0)), "lr: 0 is not above 0");
}

TEST(FieldCheck, RefusesWhatIsNoNumberAndInfinity) {
  const double nan = std::nan("");
  EXPECT_FALSE(FieldCheck().InRange("x", nan, 0, 1).status().ok());
  EXPECT_FALSE(FieldCheck().AboveUpTo("x", nan, 0, 1).status().ok());
  EXPECT_FALSE(FieldCheck().Below("x", nan, 0, 1).status().ok());
  EXPECT_FALSE(FieldCheck().AtLeast("x", nan, 0).status().ok());
  EXPECT_FALSE(FieldCheck().Above("x", nan, 0).status().ok());
  EXPECT_EQ(Message(FieldCheck().Above(
                "x", std::numeric_limits<double>::infinity(), 0)),
            "x: inf is not finite");
}

TEST(FieldCheck, KeepsTheFirstError) {
  EXPECT_EQ(Message(FieldCheck()
                        .AtLeast("first", 0, 1)
                        .And(absl::InternalError("second"))
                        .AtLeast("third", 0, 1)),
            "first: 0 is not at least 1");
  EXPECT_EQ(FieldCheck().And(absl::InternalError("second")).status(),
            absl::InternalError("second"));
}

}  // namespace
}  // namespace caldera::base
