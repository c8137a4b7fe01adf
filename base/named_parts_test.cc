// Tests the ways in which a spec names a part that part_test.cc leaves out.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/part.h"
#include "base/parts_testing.pb.h"
#include "base/spec_fields.h"

namespace caldera::base {
namespace {

using testing::MaterialSpec;
using testing::ShapeSpec;
using testing::SquareSpec;
using testing::SteelSpec;

struct Shape {
  std::string text;
};
using ShapePart = PartKind<ShapeSpec, Shape>;

const bool kSquare = ShapePart::Register<SquareSpec>(
    {"square", "", "", /*is_default=*/true}, [](const SquareSpec& options) {
      return std::make_unique<Shape>(
          Shape{absl::StrCat("square ", options.side())});
    });
// Its options have the type of the square's.
const bool kDiamond = ShapePart::Register<SquareSpec>(
    {"diamond", "", ""}, [](const SquareSpec& options) {
      return std::make_unique<Shape>(
          Shape{absl::StrCat("diamond ", options.side())});
    });
const bool kDot =
    ShapePart::Register<ShapeSpec>({"dot", "", ""}, [](const ShapeSpec& spec) {
      return std::make_unique<Shape>(Shape{absl::StrCat("dot ", spec.dot())});
    });

struct Material {
  std::string text;
};
using MaterialPart = PartKind<MaterialSpec, Material, int>;
const bool kSteel = MaterialPart::Register<SteelSpec>(
    {"steel", "", ""}, [](const SteelSpec& spec, int given) {
      return std::make_unique<Material>(
          Material{absl::StrCat("steel ", spec.carbon(), " ", given)});
    });

template <typename T>
std::string TextOf(const T& part) {
  return part.ok() ? (*part)->text : std::string(part.status().message());
}

ShapeSpec Parse(const std::string& text) {
  ShapeSpec spec;
  EXPECT_TRUE(ParseSpec(text, &spec)) << text;
  return spec;
}

std::string Make(const std::string& text) {
  return TextOf(ShapePart::Create(Parse(text)));
}

TEST(NamedParts, TwoMayHaveOptionsOfOneType) {
  EXPECT_EQ(Make("square { side: 3 }"), "square 3");
  EXPECT_EQ(Make("diamond { side: 3 }"), "diamond 3");
  EXPECT_EQ(Make("diamond { side: 0 }"), "diamond.side: 0 is not above 0");
}

TEST(NamedParts, FieldsAreNotWrittenAsOptions) {
  EXPECT_EQ(Make("custom { name: 'diamond' }"), "diamond 2");
  EXPECT_EQ(Make("custom { name: 'diamond' option: 'side=3' }"),
            "custom.option[0]: diamond has fields in place of options; set "
            "diamond { ... }");
}

TEST(NamedParts, ANumberMayNameOne) {
  EXPECT_EQ(Make("dot: 3"), "dot 3");
  EXPECT_EQ(Make("dot: inf"), "dot: inf is not finite");
  EXPECT_EQ(Make("dot: -inf"), "dot: -inf is not finite");
  EXPECT_EQ(Make("dot: nan"), "dot: nan is not finite");
}

TEST(NamedParts, TheFieldOfAnotherMessageMayNameOne) {
  const auto make = [](const std::string& name) {
    return TextOf(MaterialPart::CreateNamed("built_of", name, 7));
  };
  EXPECT_EQ(make("steel"), "steel 0.2 7");
  EXPECT_EQ(make("STEEL"), "steel 0.2 7");
  EXPECT_EQ(make("STEAL"),
            "built_of: \"STEAL\" is not a registered part of this kind; did "
            "you mean \"STEEL\"?");
}

TEST(NamedParts, ASpecThatNamesNoneIsToldHow) {
  using Alloy = PartKind<SteelSpec, Shape>;
  const auto make = [](const NoOptions&) { return std::make_unique<Shape>(); };
  Alloy::Register<NoOptions>({"carbon", ""}, make);
  Alloy::Register<NoOptions>({"pure", ""}, make);
  EXPECT_EQ(TextOf(Alloy::Create(SteelSpec())),
            ": no part is named; write carbon {} or custom { name: \"pure\" }");
}

TEST(NamedParts, TheDefaultIsWrittenOut) {
  ShapeSpec spec = Parse("unit: 3");
  NameDefaultPart(&spec);
  EXPECT_EQ(spec.ShortDebugString(), "square { } unit: 3");
  spec = Parse("dot: 3");
  NameDefaultPart(&spec);
  EXPECT_EQ(spec.ShortDebugString(), "dot: 3");
}

}  // namespace
}  // namespace caldera::base
