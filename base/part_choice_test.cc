// Tests what a spec is told that names no part.
#include <gtest/gtest.h>

#include "base/part.h"
#include "base/parts_testing.pb.h"
#include "base/spec_fields.h"

namespace caldera::base {
namespace {

using testing::ShapeSpec;
using testing::SquareSpec;

struct Shape {};

using ShapePart = PartKind<ShapeSpec, Shape>;

const bool kSquare = ShapePart::Register<SquareSpec>(
    {"square", "Four equal sides."},
    [](const SquareSpec&) { return std::make_unique<Shape>(); });
const bool kStar = ShapePart::Register<NoOptions>(
    {"star", "Notched."},
    [](const NoOptions&) { return std::make_unique<Shape>(); });

std::string Error(const std::string& text) {
  ShapeSpec spec;
  EXPECT_TRUE(ParseSpec(text, &spec)) << text;
  return std::string(ShapePart::Create(spec).status().message());
}

TEST(Part, ASpecThatNamesNoneIsToldHow) {
  EXPECT_EQ(Error(""),
            ": no part is named; write square {} or custom { name: \"star\" }");
}

}  // namespace
}  // namespace caldera::base
