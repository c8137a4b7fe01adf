#include "ssl/tools/sweep/vary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<VariedField> Parsed(const std::vector<std::string>& flags) {
  const auto fields = ParseVary(flags);
  EXPECT_TRUE(fields.ok()) << fields.status();
  return fields.ok() ? *fields : std::vector<VariedField>();
}

std::vector<SweepPoint> GridOf(const std::vector<std::string>& flags) {
  const auto points = Grid(Parsed(flags));
  EXPECT_TRUE(points.ok()) << points.status();
  return points.ok() ? *points : std::vector<SweepPoint>();
}

std::vector<SweepPoint> Drawn(const std::vector<std::string>& flags,
                              int64_t count, uint64_t seed = 0) {
  const auto points = Draw(Parsed(flags), count, seed);
  EXPECT_TRUE(points.ok()) << points.status();
  return points.ok() ? *points : std::vector<SweepPoint>();
}

std::vector<std::string> Names(const std::vector<SweepPoint>& points) {
  std::vector<std::string> names;
  for (const SweepPoint& point : points) names.push_back(point.name);
  return names;
}

// Returns the value of each point's only field.
std::vector<double> Values(const std::vector<SweepPoint>& points) {
  std::vector<double> values;
  for (const SweepPoint& point : points) {
    const std::string& text = point.overrides[0];
    values.push_back(std::strtod(&text[text.find('=') + 1], nullptr));
  }
  return values;
}

std::string ErrorOf(const std::vector<std::string>& flags) {
  const auto fields = ParseVary(flags);
  EXPECT_EQ(fields.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(fields.status().message());
}

TEST(Grid, HasEveryCombinationTheLastFieldFastest) {
  const auto points =
      GridOf({"optimizer.base_lr=1e-3,3e-3", "mae.mask_ratio=0.5,0.75"});
  EXPECT_THAT(Names(points), ElementsAre("base_lr=0.001+mask_ratio=0.5",
                                         "base_lr=0.001+mask_ratio=0.75",
                                         "base_lr=0.003+mask_ratio=0.5",
                                         "base_lr=0.003+mask_ratio=0.75"));
  EXPECT_THAT(points[1].overrides,
              ElementsAre("optimizer.base_lr=1e-3", "mae.mask_ratio=0.75"));
  EXPECT_THAT(Names(GridOf({})), ElementsAre(""));
  EXPECT_TRUE(GridOf({})[0].overrides.empty());
}

TEST(Grid, ListsMessagesAndTextsStayWhole) {
  const auto points = GridOf(
      {"encoder.taps=[0,1],[2]",
       "regularizer={magma{} weight{constant:0.1}},{koleo{} weight{a:[1,2]}}",
       "data.dataset=\"a,b\\\",c\", d"});
  ASSERT_EQ(points.size(), 8);
  EXPECT_THAT(points[0].overrides,
              ElementsAre("encoder.taps=[0,1]",
                          "regularizer={magma{} weight{constant:0.1}}",
                          "data.dataset=\"a,b\\\",c\""));
  EXPECT_THAT(
      points[7].overrides,
      ElementsAre("encoder.taps=[2]", "regularizer={koleo{} weight{a:[1,2]}}",
                  "data.dataset=d"));
}

TEST(Grid, NamesAreFoldersThatTellPointsApart) {
  // What would be alike in a folder's name is told apart by a hash.
  const auto odd = Names(GridOf({"data.dataset=a/b,a:b,a_b,[1,2]"}));
  EXPECT_THAT(odd[0], StartsWith("dataset=a_b-"));
  EXPECT_EQ(odd[2], "dataset=a_b");
  EXPECT_THAT(odd[3], StartsWith("dataset=_1_2_-"));
  EXPECT_EQ(std::set<std::string>(odd.begin(), odd.end()).size(), 4);
  for (const std::string& name : odd) {
    EXPECT_EQ(name.find('/'), std::string::npos);
  }
  const std::string text(300, 'x');
  EXPECT_LT(Names(GridOf({"data.dataset=" + text}))[0].size(), 100);
  // Fields of one name get as much of their paths as tells them apart.
  EXPECT_THAT(Names(GridOf({"optimizer.weight.constant=1",
                            "regularizer.weight.constant=2", "mae.depth=3"})),
              ElementsAre("optimizer.weight.constant=1+"
                          "regularizer.weight.constant=2+depth=3"));
}

TEST(Draw, TheSameCommandDrawsTheSameAndMoreBeginWithThese) {
  const std::vector<std::string> flags = {"optimizer.base_lr=1e-4..1e-2",
                                          "mae.mask_ratio=0.5,0.75"};
  const auto eight = Names(Drawn(flags, 8));
  EXPECT_EQ(eight, Names(Drawn(flags, 8)));
  EXPECT_NE(eight, Names(Drawn(flags, 8, /*seed=*/1)));
  auto more = Names(Drawn(flags, 12));
  more.resize(8);
  EXPECT_EQ(eight, more);
}

// Of 500 draws a share p lies within 4 standard deviations, 0.09 at most.
TEST(Draw, IsUniformOnTheScaleOfTheRange) {
  const auto share_below = [](const std::string& range, double bound) {
    const auto values = Values(Drawn({"a.b=" + range}, 500));
    double below = 0;
    for (const double value : values) below += value < bound;
    return below / static_cast<double>(values.size());
  };
  EXPECT_NEAR(share_below("1e-4..1e-2", 1e-3), 0.5, 0.09);
  EXPECT_NEAR(share_below("lin:1e-4..1e-2", 5e-3), 0.495, 0.09);
  EXPECT_NEAR(share_below("0.2..0.8", 0.35), 0.25, 0.09);
  EXPECT_NEAR(share_below("log:0.2..0.8", 0.4), 0.5, 0.09);
  EXPECT_NEAR(share_below("-1.0..1", 0), 0.5, 0.09);
}

TEST(Draw, StaysWithinTheRange) {
  for (const double value : Values(Drawn({"a=0.123456..0.123458"}, 50))) {
    EXPECT_GE(value, 0.123456);
    EXPECT_LE(value, 0.123458);
  }
  // Whole numbers, each end among them, and each once.
  const auto whole = Values(Drawn({"a=3..6"}, 4));
  EXPECT_EQ(std::set<double>(whole.begin(), whole.end()),
            (std::set<double>{3, 4, 5, 6}));
  for (const double value : Values(Drawn({"a=1..1000"}, 100))) {
    EXPECT_EQ(value, std::round(value));
  }
}

TEST(Draw, RefusesWhatCannotBeDrawn) {
  const auto error = [](const std::vector<std::string>& flags, int64_t count) {
    return std::string(Draw(Parsed(flags), count, 0).status().message());
  };
  EXPECT_THAT(error({"a=1,2,3"}, 4), HasSubstr("leaves only 3 different"));
  EXPECT_THAT(error({"a=3..6"}, 9), HasSubstr("leaves only 4 different"));
  EXPECT_THAT(error({"a=1,2"}, 0), StartsWith("--sample=0: is not in"));
  EXPECT_THAT(error({}, 3), HasSubstr("nothing to draw"));
}

TEST(ParseVary, RefusesWithTheFlagAndTheRemedy) {
  for (const std::string flag : {"mae.mask_ratio", "=1,2", ""}) {
    EXPECT_THAT(ErrorOf({flag}), StartsWith("--vary=" + flag + ": names no"));
  }
  EXPECT_THAT(ErrorOf({"a="}), HasSubstr("a value is empty"));
  EXPECT_THAT(ErrorOf({"a=1,,2"}), HasSubstr("a value is empty"));
  EXPECT_THAT(ErrorOf({"a=[1,2"}), HasSubstr("\"]\" is missing at the end"));
  EXPECT_THAT(ErrorOf({"a={b:\"1,2}"}), HasSubstr("\"\"\" is missing"));
  EXPECT_THAT(ErrorOf({"a=1],2"}), HasSubstr("\"]\" closes nothing"));
  EXPECT_THAT(ErrorOf({"a=1e-3,0.001"}),
              HasSubstr("the value 0.001 is given twice"));
  EXPECT_THAT(ErrorOf({"a.b=1", "a.b=2"}),
              HasSubstr("--vary=a.b=1 varies a.b already"));
  EXPECT_THAT(ErrorOf({"a={b:1}", "a.b=2"}), HasSubstr("varies a already"));
  EXPECT_THAT(ErrorOf({"a=1..2,3"}), HasSubstr("stands beside other values"));
  EXPECT_THAT(ErrorOf({"a=2..1"}), HasSubstr("the range 2..1 does not go"));
  EXPECT_THAT(ErrorOf({"a=log:0..1"}), HasSubstr("write lin:0..1"));
  EXPECT_THAT(ErrorOf({"a=lin:1-2"}), HasSubstr("is no range"));
  EXPECT_THAT(ErrorOf({"seed=1,2"}), HasSubstr("--seeds=0,1,2"));
  EXPECT_THAT(ErrorOf({"eval.knn.k=[1],[2]"}), HasSubstr("//:probe"));
  const auto range = Grid(Parsed({"a=1..2"}));
  EXPECT_THAT(std::string(range.status().message()),
              HasSubstr("draw points with --sample=16"));
}

}  // namespace
}  // namespace caldera::ssl
