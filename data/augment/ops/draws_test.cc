// Tests the draws of all operations together: their shares, their order, and
// the names of those without a field.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/part.h"
#include "data/augment/pixel_op/draws_testing.h"

namespace caldera::data {
namespace {

std::string ErrorOf(const std::string& text) {
  AugmentSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
  return std::string(PixelOpPart::Read(spec).status().message());
}

std::vector<std::string> NamesOf(const std::vector<PixelOp>& ops) {
  std::vector<std::string> names;
  for (const PixelOp& op : ops) names.push_back(op.kind->name);
  return names;
}

TEST(Draws, NothingByDefault) {
  ForEachDraw(
      "", [](const std::vector<PixelOp>& ops) { EXPECT_TRUE(ops.empty()); });
}

TEST(Draws, EachHasItsProbability) {
  std::map<std::string, int> seen;
  ForEachDraw(
      "grayscale: 0.2 gaussian_blur {} solarize { probability: 0.1 "
      "threshold: 100 } equalize: 0.3 custom { name: 'invert' } "
      "custom { name: 'posterize' option: 'probability=0.7' }",
      [&](const std::vector<PixelOp>& ops) {
        for (const PixelOp& op : ops) {
          const std::string& name = op.kind->name;
          ++seen[name];
          if (name == "gaussian_blur") {
            EXPECT_TRUE(op.amount >= 0.1 && op.amount < 2.0);
          }
          if (name == "solarize") {
            EXPECT_EQ(op.amount, 100);
          }
        }
      });
  const std::map<std::string, double> expected = {
      {"grayscale", 0.2}, {"gaussian_blur", 0.5}, {"solarize", 0.1},
      {"equalize", 0.3},  {"invert", 0.5},        {"posterize", 0.7}};
  EXPECT_EQ(seen.size(), expected.size());
  for (const auto& [name, p] : expected) {
    EXPECT_NEAR(seen[name] / double{kDraws}, p, ShareError(p)) << name;
  }
}

// The text's order does not matter to fields, but to customs.
TEST(Draws, HaveTheOrderOfApplication) {
  ForEachDraw(
      "custom { name: 'rotate' option: 'probability=1' } equalize: 1 "
      "solarize { probability: 1 } gaussian_blur { probability: 1 } "
      "custom { name: 'invert' option: 'probability=1' } grayscale: 1 "
      "color_jitter { probability: 1 contrast: 0 saturation: 0 hue: 0 } ",
      [](const std::vector<PixelOp>& ops) {
        ASSERT_EQ(NamesOf(ops),
                  (std::vector<std::string>{"brightness", "grayscale",
                                            "gaussian_blur", "solarize",
                                            "equalize", "rotate", "invert"}));
      });
}

// A later operation does not change the draws of earlier ones, nor does whether
// an earlier one is chosen change the draws of later ones.
TEST(Draws, DoNotDependOnEachOther) {
  const std::string rotate =
      "custom { name: 'rotate' option: 'probability=1' }";
  std::vector<double> alone;
  ForEachDraw("gaussian_blur { probability: 0 }" + rotate,
              [&](const std::vector<PixelOp>& ops) {
                ASSERT_EQ(ops.size(), 1);
                alone.push_back(ops[0].amount);
              });
  size_t i = 0;
  ForEachDraw("gaussian_blur { probability: 1 }" + rotate +
                  "custom { name: 'hue' option: 'probability=1' }",
              [&](const std::vector<PixelOp>& ops) {
                ASSERT_EQ(ops.size(), 3);
                EXPECT_EQ(ops[1].amount, alone[i++]);
              });
}

TEST(Draws, CustomAmountsLieInTheirRange) {
  struct Row {
    const char* options;
    double low, high;
  };
  for (const Row& row : {Row{"name: 'rotate' option: 'max=15'", -15, 15},
                         {"name: 'shear_x'", -0.3, 0.3},
                         {"name: 'translate_y' option: 'max=0.1'", -0.1, 0.1},
                         {"name: 'hue'", -0.1, 0.1},
                         {"name: 'sharpness' option: 'strength=2'", 0, 3},
                         {"name: 'solarize_add' option: 'add=7'", 7, 7},
                         {"name: 'posterize' option: 'bits=3'", 3, 3}}) {
    double low = 1e9, high = -1e9;
    ForEachDraw(
        std::string("custom { ") + row.options + " option: 'probability=1' }",
        [&](const std::vector<PixelOp>& ops) {
          ASSERT_EQ(ops.size(), 1);
          low = std::min(low, ops[0].amount);
          high = std::max(high, ops[0].amount);
        });
    const double width = row.high - row.low;
    EXPECT_GE(low, row.low) << row.options;
    EXPECT_LE(high, row.high) << row.options;
    EXPECT_LE(low, row.low + 0.01 * width) << row.options;
    EXPECT_GE(high, row.high - 0.01 * width) << row.options;
  }
}

TEST(Draws, ErrorsNameTheFieldAndTheRemedy) {
  EXPECT_EQ(ErrorOf("gaussian_blur { kernel_size: 4 }"),
            "gaussian_blur.kernel_size: 4 is neither 0 nor odd and in [1, "
            "1001]; 0 takes Pillow's box blurs");
  EXPECT_EQ(ErrorOf("gaussian_blur { min_sigma: 3 }"),
            "gaussian_blur.min_sigma: 3 is above max_sigma, 2; swap them");
  EXPECT_EQ(ErrorOf("custom { name: 'solarize' }"),
            "custom[0].name: \"solarize\" has a field of its own; write "
            "solarize {}");
  EXPECT_EQ(ErrorOf("custom { name: 'invert' } custom { name: 'rotat' }"),
            "custom[1].name: \"rotat\" is not a registered part of this kind; "
            "did you mean \"rotate\"?");
  EXPECT_EQ(ErrorOf("custom { name: 'posterize' option: 'bits=9' }"),
            "custom[0].option[0]: bits=9 is not in [0, 8]");
  EXPECT_EQ(ErrorOf("custom { name: 'posterize' option: 'bit=2' }"),
            "custom[0].option[0]: posterize has no option \"bit\"; did you "
            "mean \"bits\"?");
  EXPECT_EQ(ErrorOf("custom { name: 'invert' option: 'probability=2' }"),
            "custom[0].option[0]: probability=2 is not in [0, 1]");
}

TEST(Draws, TheFirstFieldIsNamed) {
  for (const auto& [text, field] :
       std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"grayscale: 0 random_resized_crop {} random_erasing {}", ""},
           {"equalize: 0.1 solarize {}", "solarize"},
           {"equalize: 0.1", "equalize"},
           {"custom { name: 'invert' }", "custom"}}) {
    AugmentSpec spec;
    ASSERT_TRUE(base::ParseSpec(text, &spec));
    EXPECT_EQ(PixelOpPart::FirstFieldOf(spec), field) << text;
  }
}

TEST(Draws, EveryPartIsDocumented) {
  std::set<std::string> names;
  for (const base::PartDoc& doc : base::RegisteredParts()) {
    if (doc.seam != AugmentSpec::descriptor()) continue;
    names.insert(doc.info.name);
    EXPECT_FALSE(doc.info.summary.empty()) << doc.info.name;
    EXPECT_TRUE(doc.message != nullptr || !doc.options.empty())
        << doc.info.name;
  }
  for (const char* name : {"solarize", "posterize", "color_jitter"}) {
    EXPECT_EQ(names.count(name), 1) << name;
  }
}

}  // namespace
}  // namespace caldera::data
