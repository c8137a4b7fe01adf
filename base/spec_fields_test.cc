#include "base/spec_fields.h"

#include <gtest/gtest.h>

#include "base/parts_testing.pb.h"

namespace caldera::base {
namespace {

using testing::MaterialSpec;
using testing::RingSpec;
using testing::ShapeSpec;

std::string Full(const std::string& text) {
  return WithFullNames(text, *ShapeSpec::descriptor());
}

TEST(SpecFields, AreOwnFieldsAndThoseOfParts) {
  const auto fields = FieldsOf(*ShapeSpec::descriptor());
  ASSERT_EQ(fields.size(), 9);
  EXPECT_EQ(fields.front()->name(), "square");
  EXPECT_EQ(fields[7]->name(), "ring");
  EXPECT_EQ(fields[8]->name(), "sides");
  EXPECT_EQ(FindField(*ShapeSpec::descriptor(), "unit")->name(), "unit");
  EXPECT_TRUE(FindField(*ShapeSpec::descriptor(), "ring")->is_extension());
  EXPECT_EQ(FindField(*ShapeSpec::descriptor(), "rung"), nullptr);
}

TEST(WithFullNames, NamesExtensionsOnly) {
  EXPECT_EQ(Full("square { side: 3 } unit: 2"), "square { side: 3 } unit: 2");
  EXPECT_EQ(Full("ring { width: 0.2 } unit: 2"),
            "[caldera.base.testing.ring] { width: 0.2 } unit: 2");
  EXPECT_EQ(Full("sides: 5"), "[caldera.base.testing.sides]: 5");
  EXPECT_EQ(Full("[caldera.base.testing.ring] { width: 0.2 }"),
            "[caldera.base.testing.ring] { width: 0.2 }");
}

TEST(WithFullNames, FollowsMessagesAndLists) {
  EXPECT_EQ(Full("part { ring {} } ring {}"),
            "part { [caldera.base.testing.ring] {} } "
            "[caldera.base.testing.ring] {}");
  EXPECT_EQ(
      Full("part: [{ ring {} }, { sides: 3 }]\nring {}"),
      "part: [{ [caldera.base.testing.ring] {} }, { "
      "[caldera.base.testing.sides]: 3 }]\n[caldera.base.testing.ring] {}");
  EXPECT_EQ(Full("circle { radius: [0.1, 0.2] } ring <>"),
            "circle { radius: [0.1, 0.2] } [caldera.base.testing.ring] <>");
}

TEST(WithFullNames, KeepsLinesCommentsAndStrings) {
  EXPECT_EQ(Full("# ring {}\nunit: 2\n\tring { color: \"ring\" }  # ring\n"),
            "# ring {}\nunit: 2\n\t[caldera.base.testing.ring] { color: "
            "\"ring\" }  # ring\n");
}

TEST(WithFullNames, KnowsWhereAValueEnds) {
  EXPECT_EQ(Full("unit: 2 ring {}"), "unit: 2 [caldera.base.testing.ring] {}");
  EXPECT_EQ(Full("unit: -inf, ring {};"),
            "unit: -inf, [caldera.base.testing.ring] {};");
  EXPECT_EQ(Full("ring { color: \"a\" \"b\" width: 1 } sides: 3"),
            "[caldera.base.testing.ring] { color: \"a\" \"b\" width: 1 } "
            "[caldera.base.testing.sides]: 3");
}

TEST(WithFullNames, QuotesABareWord) {
  EXPECT_EQ(Full("ring { color: BLUE width: 0.1 }"),
            "[caldera.base.testing.ring] { color: \"BLUE\" width: 0.1 }");
  EXPECT_EQ(Full("custom { option: [a, b] name: c }"),
            "custom { option: [\"a\", \"b\"] name: \"c\" }");
}

TEST(WithFullNames, LeavesErrorsToTheParser) {
  for (const char* text : {"rung { ring: 3 }", "}}", "ring {", "[", "ring: [",
                           "\"open", "[caldera", "{ ring {} }"}) {
    ShapeSpec spec;
    Full(text);
    EXPECT_FALSE(ParseSpec(text, &spec)) << text;
  }
}

TEST(ParseSpec, ReadsWhatWasWrittenBeforeAFieldMoved) {
  ShapeSpec spec;
  ASSERT_TRUE(ParseSpec("ring { width: 0.2 color: BLUE } sides: 7", &spec));
  EXPECT_EQ(spec.GetExtension(testing::ring).width(), 0.2);
  EXPECT_EQ(spec.GetExtension(testing::ring).color(), "BLUE");
  EXPECT_EQ(spec.GetExtension(testing::sides), 7);
  ShapeSpec again;
  ASSERT_TRUE(ParseSpec(spec.DebugString(), &again));
  EXPECT_EQ(again.SerializeAsString(), spec.SerializeAsString());
}

TEST(SpecText, WritesTheNamesOfSpecs) {
  ShapeSpec spec;
  ASSERT_TRUE(ParseSpec("sides: 7 ring { color: BLUE }", &spec));
  const std::string text = SpecText(spec);
  EXPECT_EQ(text, "ring { color: \"BLUE\" } sides: 7 ");
  ShapeSpec again;
  ASSERT_TRUE(ParseSpec(text, &again));
  EXPECT_EQ(again.SerializeAsString(), spec.SerializeAsString());
  MaterialSpec material;
  material.set_kind("STEEL");
  material.mutable_steel();
  EXPECT_EQ(SpecText(material), "kind: STEEL steel { } ");
  material.clear_steel();
  material.set_kind("a b");
  EXPECT_EQ(SpecText(material), "kind: \"a b\" ");
}

TEST(FillDefaults, WritesOutWhatIsNotSet) {
  ShapeSpec spec;
  ASSERT_TRUE(ParseSpec("ring { width: 0.2 } part { square {} }", &spec));
  FillDefaults(&spec);
  EXPECT_EQ(SpecText(spec),
            "unit: 1 part { square { side: 2 times: 1 } unit: 1 sides: 4 } "
            "ring { width: 0.2 color: \"red\" } sides: 4 ");
}

}  // namespace
}  // namespace caldera::base
