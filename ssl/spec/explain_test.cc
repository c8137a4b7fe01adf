#include "ssl/spec/explain.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/option_list.h"
#include "base/part.h"
#include "base/part.pb.h"
#include "base/spec_fields.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/spec/describe_field.h"
#include "ssl/spec/describe_part.h"
#include "ssl/spec/explain_testing.pb.h"

namespace caldera::ssl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Anything {};
using FillingPart = base::PartKind<testing::FillingSpec, Anything>;
using OvenPart = base::PartKind<testing::OvenSpec, Anything>;
using FlourPart = base::PartKind<testing::FlourSpec, Anything>;

const auto kMake = [](const auto&) { return std::make_unique<Anything>(); };

const bool kJam = FillingPart::Register<testing::JamSpec>(
    {"jam", "Boiled fruit.", "", /*is_default=*/true}, kMake);
const bool kCream = FillingPart::Register<testing::CreamSpec>(
    {"cream", "Beaten with sugar.", ""}, kMake);
const bool kCurd = FillingPart::Register<testing::CurdSpec>(
    {"curd", "Fruit and butter.", ""}, kMake);

struct CustardOptions {
  double eggs = 4;
  std::string spice = "vanilla";
  void List(base::OptionList& list) {
    list.Add("eggs", &eggs, "[1, 12]", "how many");
    list.Add("spice", &spice, {"vanilla", "mace"}, "the taste");
  }
};
const bool kCustard = FillingPart::Register<CustardOptions>(
    {"custard", "Milk and eggs.", ""}, kMake);
const bool kNothing = FillingPart::Register<base::NoOptions>(
    {"nothing", "No filling at all.", ""}, kMake);
const bool kGas =
    OvenPart::Register<base::NoOptions>({"gas", "A flame.", ""}, kMake);
const bool kWood =
    OvenPart::Register<base::NoOptions>({"wood", "A fire.", ""}, kMake);
const bool kRye =
    FlourPart::Register<base::NoOptions>({"rye", "Dark.", ""}, kMake);

std::string Of(const std::string& path) {
  const auto text = Explain(*testing::CakeSpec::descriptor(), path);
  return text.ok() ? *text : std::string(text.status().message());
}

TEST(Explain, SaysEverythingOfASubtree) {
  EXPECT_EQ(Of("filling"), R"(filling
  absent: jam
  What lies between the layers.
  One of these parts:

    cream { ... }
        Beaten with sugar.
    curd { ... }
        Fruit and butter.
    custom { name: "custard" option: "eggs=4" }
        Milk and eggs.
    jam {}  the default
        Boiled fruit.
    custom { name: "nothing" }
        No filling at all.

  filling.sieved  true or false, default true
      without seeds

filling.cream
  Whipped.

  filling.cream.sugar  number, default 0.1, range [0, 1)
      The share of sugar.

filling.curd
  A part's own file adds it.

  filling.curd.fruit  text, default "lemon"
      its taste

filling.custard
  Milk and eggs.
  In a spec: custom { name: "custard" option: "eggs=4" }

  filling.custard.eggs  number, default 4, range [1, 12]
      how many
  filling.custard.spice  vanilla | mace, default vanilla
      the taste
)");
}

TEST(Explain, SaysEverythingOfAField) {
  EXPECT_EQ(Of("guests"),
            "guests  integer, default 8, range [1, 99]\n"
            "    The number of guests that the cake is made for. Half a piece "
            "more is\n"
            "    reckoned for each of them, so that nobody goes home "
            "hungry.\n");
  EXPECT_EQ(Of("tier[2].shape"),
            "tier[].shape  ROUND | SQUARE, default ROUND\n"
            "    as seen from above\n"
            "    ROUND: a disc\n");
  EXPECT_EQ(Of("tier.layer"),
            "tier[].layer[]  list of numbers\n"
            "    heights, in centimetres\n");
  EXPECT_EQ(Of("filling.custard.spice"),
            "filling.custard.spice  vanilla | mace, default vanilla\n"
            "    the taste\n");
  EXPECT_EQ(Of("flour"),
            "flour  RYE, default RYE\n    the grain\n    RYE: Dark.\n")
      << "a part of another message";
  EXPECT_EQ(Of("candles"),
            "candles  integer, range [0, inf)\n    it counts years\n")
      << "without a comment";
}

TEST(Explain, SaysHowAPartIsNamed) {
  EXPECT_EQ(Of("oven"), R"(oven
  how it is baked
  One of these parts:

    kind: GAS  the default
        A flame.
    kind: WOOD
        A fire.

  oven.kind  GAS | WOOD, default GAS
      What heats it.
  oven.heat  number, default 180, range (0, inf)
      Celsius.
)");
  EXPECT_EQ(Of("filling.nothing"), R"(filling.nothing
  No filling at all.
  In a spec: custom { name: "nothing" }
)");
}

TEST(Explain, BeginsWithTheSectionsAndShortensTheFields) {
  const std::string text = Of("");
  EXPECT_THAT(text, HasSubstr("\n  oven            how it is baked\n"));
  EXPECT_THAT(text, HasSubstr("\n  At most one of: icing, nuts\n"));
  EXPECT_THAT(text,
              HasSubstr("\n  guests  integer, default 8, range [1, 99]\n"
                        "      The number of guests that the cake is made for."
                        "\n  seed  integer, default 0, range [0, inf)\n"));
  EXPECT_THAT(text, HasSubstr("\n  nuts  {}\n"));
}

TEST(Explain, SaysOnceWhatOccursTwice) {
  const std::string text = Of("");
  EXPECT_THAT(text, HasSubstr("\n  oven.heat  number"));
  EXPECT_THAT(text, Not(HasSubstr("spare_oven.heat")));
  EXPECT_THAT(text, HasSubstr("\n  spare_oven  the fields of oven\n"));
  EXPECT_THAT(text, HasSubstr("\n  tier[]  the fields of a whole spec\n"));
  EXPECT_THAT(Of("tier"), HasSubstr("\n  tier[].tier[]  the fields of tier[]"));
  EXPECT_THAT(Of("spare_oven"), HasSubstr("\n  spare_oven.heat  number"));
  EXPECT_THAT(Of("party"), HasSubstr("\n  party.oven  the fields of oven\n"))
      << "which lies nearer to the root";
}

TEST(Explain, RefusesAWrongPath) {
  EXPECT_EQ(Of("fillin.jam"),
            "--explain: there is no fillin; did you mean filling?");
  EXPECT_EQ(Of("tier[0].gests"),
            "--explain: there is no tier[].gests; did you mean tier[].guests?");
  EXPECT_EQ(Of("filling.custerd"),
            "--explain: there is no filling.custerd; did you mean "
            "filling.custard?");
  EXPECT_EQ(Of("filling.custard.egg"),
            "--explain: there is no filling.custard.egg; did you mean "
            "filling.custard.eggs?");
  EXPECT_EQ(Of("guests.most"),
            "--explain: guests has no fields, and no most; write "
            "--explain=guests");
}

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Returns every field of an experiment, each with the path of the first place
// where it occurs.
std::vector<std::pair<const FieldDescriptor*, std::string>> AllFields() {
  std::vector<std::pair<const FieldDescriptor*, std::string>> all;
  std::set<const Descriptor*> seen;
  const std::function<void(const Descriptor&, const std::string&)> add =
      [&](const Descriptor& message, const std::string& path) {
        if (!seen.insert(&message).second) return;
        for (const FieldDescriptor* field : base::FieldsOf(message)) {
          all.emplace_back(field, path + field->name());
          if (IsMessage(*field)) {
            add(*field->message_type(), all.back().second + ".");
          }
        }
      };
  add(*Experiment::descriptor(), "");
  return all;
}

TEST(Explain, KnowsTypeAndMeaningOfEveryFieldOfAnExperiment) {
  for (const auto& [field, path] : AllFields()) {
    const std::string meaning = MeaningOf(*field);
    EXPECT_FALSE(meaning.empty() || meaning[0] == '\n')
        << path << ": " << field->full_name() << " in " << field->file()->name()
        << " has no comment that says what it means";
    if (!IsMessage(*field)) {
      EXPECT_NE(DescribeField(*field).type, "") << path;
    }
  }
}

TEST(Explain, ListsEveryFieldAndPartOfAnExperiment) {
  const auto text = Explain(*Experiment::descriptor(), "");
  ASSERT_TRUE(text.ok());
  std::set<const Descriptor*> messages = {Experiment::descriptor()};
  for (const auto& [field, path] : AllFields()) {
    EXPECT_TRUE(Explain(*Experiment::descriptor(), path).ok()) << path;
    if (IsMessage(*field)) messages.insert(field->message_type());
    if (IsCustom(*field) || field->containing_type() == PartSpec::descriptor())
      continue;
    EXPECT_THAT(*text, HasSubstr(field->name()));
  }
  for (const Descriptor* message : messages) {
    for (const base::PartDoc& part : PartsOf(*message)) {
      EXPECT_THAT(*text, HasSubstr("\n    " + DescribePart(part).name));
      EXPECT_NE(part.info.summary, "") << part.info.name;
      for (const base::OptionDoc& option : part.options) {
        EXPECT_NE(option.meaning, "") << part.info.name << ": " << option.name;
      }
    }
  }
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    EXPECT_LE(line.size(), 80) << line;
  }
}

}  // namespace
}  // namespace caldera::ssl
