#include "base/part.h"

#include <gtest/gtest.h>

#include "base/parts_testing.pb.h"
#include "base/spec_fields.h"

namespace caldera::base {
namespace {

using testing::CircleSpec;
using testing::DrawingSpec;
using testing::MaterialSpec;
using testing::RingSpec;
using testing::ShapeSpec;
using testing::SquareSpec;
using testing::SteelSpec;

struct Shape {
  std::string text;
};

using ShapePart = PartKind<ShapeSpec, Shape, double>;

std::unique_ptr<Shape> NewShape(const std::string& text) {
  return std::make_unique<Shape>(Shape{text});
}

const bool kSquare = ShapePart::Register<SquareSpec>(
    {"square", "Four equal sides.", "square {}", /*is_default=*/true},
    [](const SquareSpec& options, double unit) {
      return NewShape(absl::StrCat("square ", options.side() * unit));
    },
    [](const SquareSpec& options) {
      return options.times() > 1 && options.side() > 50
                 ? absl::InvalidArgumentError("side: is too long to repeat")
                 : absl::OkStatus();
    });
const bool kCircle = ShapePart::Register<CircleSpec>(
    {"circle", "Round.", "circle {}"}, [](const CircleSpec&, double) {
      return ShapePart::Result(absl::InvalidArgumentError("radius: none fits"));
    });
const bool kRing = ShapePart::Register<RingSpec>(
    {"ring", "A circle without its middle.", ""},
    [](const RingSpec& options, double) {
      return NewShape(absl::StrCat("ring ", options.color()));
    });

struct StarOptions {
  int64_t points = 5;
  double depth = 0.5;
  bool filled = false;
  std::string color = "red";
  void List(OptionList& list) {
    list.Add("points", &points, "[3, 100]", "how many");
    list.Add("depth", &depth, "(0, 1)", "of the notches");
    list.Add("filled", &filled, "whether it is filled");
    list.Add("color", &color, {"red", "blue"}, "of the line");
  }
};
const bool kStar = ShapePart::Register<StarOptions>(
    {"star", "Notched.", ""}, [](const StarOptions& options, double) {
      return NewShape(absl::StrCat("star ", options.points, " ", options.depth,
                                   options.filled ? " filled " : " ",
                                   options.color));
    });

struct Material {
  std::string text;
};
using MaterialPart = PartKind<MaterialSpec, Material>;
const bool kWood = MaterialPart::Register<MaterialSpec>(
    {"wood", "", ""}, [](const MaterialSpec& spec) {
      return std::make_unique<Material>(
          Material{absl::StrCat("wood ", spec.age())});
    });
const bool kSteel = MaterialPart::Register<SteelSpec>(
    {"steel", "", ""}, [](const SteelSpec& spec) {
      return std::make_unique<Material>(
          Material{absl::StrCat("steel ", spec.carbon())});
    });
const bool kGlass =
    MaterialPart::Register<NoOptions>({"glass", "", ""}, [](const NoOptions&) {
      return std::make_unique<Material>(Material{"glass"});
    });

template <typename Kind, typename Spec, typename... Given>
std::string Make(const std::string& text, const Given&... given) {
  Spec spec;
  EXPECT_TRUE(ParseSpec(text, &spec)) << text;
  const auto part = Kind::Create(spec, given...);
  const absl::Status checked = Kind::Check(spec);
  if (!checked.ok()) {
    EXPECT_EQ(part.status(), checked) << text;
  }
  return part.ok() ? (*part)->text : std::string(part.status().message());
}
std::string MakeShape(const std::string& text) {
  return Make<ShapePart, ShapeSpec>(text, 10.0);
}
std::string MakeMaterial(const std::string& text) {
  return Make<MaterialPart, MaterialSpec>(text);
}

TEST(Part, IsNamedByAFieldAnExtensionOrItsName) {
  EXPECT_EQ(MakeShape("square { side: 3 }"), "square 30");
  EXPECT_EQ(MakeShape("ring { color: blue }"), "ring blue");
  EXPECT_EQ(MakeShape("custom { name: 'star' }"), "star 5 0.5 red");
  EXPECT_EQ(
      MakeShape("custom { name: 'star' option: 'points=7' option: "
                "'depth=.25' option: 'color=blue' option: 'filled=true' }"),
      "star 7 0.25 filled blue");
  EXPECT_EQ(MakeShape("custom { name: 'ring' }"), "ring red");
  EXPECT_EQ(MakeShape("unit: 3"), "square 20") << "the default part";
}

TEST(Part, IsNamedByASelector) {
  EXPECT_EQ(MakeMaterial("age: 3"), "wood 3");
  EXPECT_EQ(MakeMaterial("kind: WOOD age: 4"), "wood 4");
  EXPECT_EQ(MakeMaterial("kind: STEEL"), "steel 0.2");
  EXPECT_EQ(MakeMaterial("kind: steel steel { carbon: 1 }"), "steel 1");
  EXPECT_EQ(MakeMaterial("kind: GLASS"), "glass");
  EXPECT_EQ(MakeMaterial("custom { name: 'glass' }"), "glass");
}

TEST(Part, RefusesUnknownNames) {
  EXPECT_EQ(MakeShape("custom { name: 'star2' }"),
            "custom.name: \"star2\" is not a registered part of this kind; did "
            "you mean \"star\"?");
  EXPECT_EQ(MakeShape("custom {}"),
            "custom.name: none is given; did you mean \"ring\"?");
  EXPECT_EQ(MakeMaterial("kind: STEAL"),
            "kind: \"STEAL\" is not a registered part of this kind; did you "
            "mean \"STEEL\"?");
}

TEST(Part, RefusesTwo) {
  EXPECT_EQ(MakeShape("square {} ring {}"),
            "ring: square names a part too; leave one of them out");
  EXPECT_EQ(MakeShape("custom { name: 'star' } ring {}"),
            "ring: custom names a part too; leave one of them out");
  EXPECT_EQ(MakeMaterial("steel {}"),
            "steel: applies to kind: STEEL only, but kind is WOOD; set kind: "
            "STEEL");
}

TEST(Part, ChecksRanges) {
  EXPECT_EQ(MakeShape("square { side: 0 }"), "square.side: 0 is not above 0");
  EXPECT_EQ(MakeShape("square { times: 0 }"),
            "square.times: 0 is not in [1, 100]; it counts squares");
  EXPECT_EQ(MakeShape("square { side: 60 times: 2 }"),
            "square.side: is too long to repeat");
  EXPECT_EQ(MakeShape("circle { radius: [0.5, 1] }"),
            "circle.radius[1]: 1 is not in [0, 1)");
  EXPECT_EQ(MakeShape("circle {}"), "circle.radius: none fits");
  EXPECT_EQ(MakeMaterial("kind: STEEL steel { carbon: 3 }"),
            "steel.carbon: 3 is not in [0, 2]");
  EXPECT_EQ(MakeMaterial("age: 101"), "age: 101 is not in [0, 100]");
}

TEST(Part, ChecksOptions) {
  const auto star = [](const std::string& option) {
    return MakeShape("custom { name: 'star' option: '" + option + "' }");
  };
  EXPECT_EQ(star("points"), "custom.option[0]: is not of the form key=value");
  EXPECT_EQ(star("=3"), "custom.option[0]: is not of the form key=value");
  EXPECT_EQ(star("points=3' option: 'points=4"),
            "custom.option[1]: \"points\" is given twice");
  EXPECT_EQ(star("points=1.5"),
            "custom.option[0]: points=1.5 is not an integer");
  EXPECT_EQ(star("points=2"), "custom.option[0]: points=2 is not in [3, 100]");
  for (const char* wrong : {"wide", "inf", "nan", "", "1x"}) {
    EXPECT_EQ(
        star(std::string("depth=") + wrong),
        std::string("custom.option[0]: depth=") + wrong + " is not a number");
  }
  EXPECT_EQ(star("filled=yes"),
            "custom.option[0]: filled=yes is neither true nor false");
  EXPECT_EQ(star("color=green"),
            "custom.option[0]: color=green is none of red, blue");
  EXPECT_EQ(star("point=3"),
            "custom.option[0]: star has no option \"point\"; did you mean "
            "\"points\"?");
  EXPECT_EQ(MakeMaterial("custom { name: 'glass' option: 'a=1' }"),
            "custom.option[0]: glass has no option \"a\", and no others; leave "
            "it out");
}

TEST(Part, AChildOfASpecChoosesAnew) {
  const auto merged = [](const char* parent, const char* child) {
    ShapeSpec into, from;
    EXPECT_TRUE(ParseSpec(parent, &into));
    EXPECT_TRUE(ParseSpec(child, &from));
    MergeSpec(from, &into);
    return into.ShortDebugString();
  };
  EXPECT_EQ(merged("square { side: 3 } unit: 2", "square { times: 2 }"),
            "square { side: 3 times: 2 } unit: 2");
  EXPECT_EQ(merged("square { side: 3 } unit: 2", "ring {}"),
            "unit: 2 [caldera.base.testing.ring] { }");
  EXPECT_EQ(merged("ring {} sides: 5", "custom { name: 'star' }"),
            "custom { name: \"star\" } [caldera.base.testing.sides]: 5");
  EXPECT_EQ(merged("ring {}", "unit: 3"),
            "unit: 3 [caldera.base.testing.ring] { }");
  EXPECT_EQ(merged("part { ring {} }", "part { square {} }"),
            "part { [caldera.base.testing.ring] { } } part { square { } }");
}

TEST(MergeSpec, KeepsThePartsOfASeamThatTakesMany) {
  for (const char* name : {"square", "circle"}) {
    AddPartDoc({{name}, DrawingSpec::descriptor(), nullptr, {}});
  }
  DrawingSpec parent, child;
  parent.mutable_square()->set_side(3);
  parent.mutable_square()->set_times(4);
  parent.add_custom()->set_name("first");
  child.mutable_circle()->add_radius(0.5);
  child.mutable_square()->set_side(5);
  child.add_custom()->set_name("second");
  MergeSpec(child, &parent);
  EXPECT_EQ(parent.square().side(), 5);
  EXPECT_EQ(parent.square().times(), 4);
  EXPECT_EQ(parent.circle().radius(0), 0.5);
  ASSERT_EQ(parent.custom_size(), 2);
  EXPECT_EQ(parent.custom(1).name(), "second");
}

TEST(RegisteredParts, SayWhatTheyAre) {
  std::vector<std::string> names;
  for (const PartDoc& part : RegisteredParts()) {
    if (part.seam != ShapeSpec::descriptor()) continue;
    names.push_back(part.info.name);
    if (part.info.name == "square") {
      EXPECT_EQ(part.message, SquareSpec::descriptor());
      EXPECT_EQ(part.info.example, "square {}");
    }
    if (part.info.name == "star") {
      ASSERT_EQ(part.options.size(), 4);
      EXPECT_EQ(part.options[1].name, "depth");
      EXPECT_EQ(part.options[1].type, "number");
      EXPECT_EQ(part.options[1].default_value, "0.5");
      EXPECT_EQ(part.options[1].range, "(0, 1)");
      EXPECT_EQ(part.options[1].meaning, "of the notches");
      EXPECT_EQ(part.options[3].range, "red | blue");
    }
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"circle", "ring", "square", "star"}));
}

TEST(PartDeathTest, NamesAreTakenOnce) {
  EXPECT_DEATH(AddPartDoc({{"star", "", ""}, ShapeSpec::descriptor(), {}, {}}),
               "two parts of");
}

}  // namespace
}  // namespace caldera::base
