#include "data/augment/draw_pixel_ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "google/protobuf/text_format.h"

namespace caldera::data {
namespace {

constexpr int kCount = 20000;

// Calls `see` with each of kCount draws.
void ForEachDraw(const std::string& text,
                 const std::function<void(const std::vector<PixelOp>&)>& see) {
  AugmentSpec spec;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec));
  for (int i = 0; i < kCount; ++i) {
    base::RandomStream stream(1, "test", 0, i);
    std::vector<PixelOp> ops;
    DrawPixelOps(spec, {1, 2, 3}, stream, &ops);
    see(ops);
  }
}

// Five standard errors of a share p of kCount.
double Error(double p) { return 5 * std::sqrt(p * (1 - p) / kCount); }

TEST(DrawPixelOps, NothingByDefault) {
  ForEachDraw("", [](const auto& ops) { EXPECT_TRUE(ops.empty()); });
}

TEST(DrawPixelOps, EachHasItsProbability) {
  std::map<int, int> seen;
  ForEachDraw(
      "grayscale: 0.2 gaussian_blur {} solarize { probability: 0.1 "
      "threshold: 100 } equalize: 0.3",
      [&](const auto& ops) {
        for (const PixelOp& op : ops) {
          ++seen[op.kind];
          if (op.kind == PixelOp::kBoxBlur) {
            EXPECT_TRUE(op.amount >= 0.1 && op.amount < 2.0);
          }
          if (op.kind == PixelOp::kSolarize) {
            EXPECT_EQ(op.amount, 100);
          }
        }
      });
  const std::map<int, double> expected = {{PixelOp::kGrayscale, 0.2},
                                          {PixelOp::kBoxBlur, 0.5},
                                          {PixelOp::kSolarize, 0.1},
                                          {PixelOp::kEqualize, 0.3}};
  EXPECT_EQ(seen.size(), expected.size());
  for (const auto& [kind, p] : expected) {
    EXPECT_NEAR(seen[kind] / double{kCount}, p, Error(p)) << kind;
  }
}

TEST(DrawPixelOps, ColorJitterDrawsFactorsAndOrder) {
  std::map<std::vector<int>, int> orders;
  std::map<int, double> sum, low, high;
  ForEachDraw(
      "color_jitter { probability: 0.8 brightness: 0.8 contrast: 0.4 "
      "saturation: 1.5 hue: 0.2 }",
      [&](const auto& ops) {
        std::vector<int> order;
        for (const PixelOp& op : ops) {
          order.push_back(op.kind);
          sum[op.kind] += op.amount;
          if (low.count(op.kind) == 0) low[op.kind] = high[op.kind] = op.amount;
          low[op.kind] = std::min(low[op.kind], op.amount);
          high[op.kind] = std::max(high[op.kind], op.amount);
        }
        ++orders[order];
      });
  ASSERT_EQ(orders.size(), 25);  // all of them, or none
  for (const auto& [order, n] : orders) {
    const double p = order.empty() ? 0.2 : 0.8 / 24;
    EXPECT_NEAR(n / double{kCount}, p, Error(p));
  }
  struct Range {
    int kind;
    double low, high;
  };
  for (const Range& r : {Range{PixelOp::kBrightness, 0.2, 1.8},
                         {PixelOp::kContrast, 0.6, 1.4},
                         {PixelOp::kSaturation, 0, 2.5},
                         {PixelOp::kHue, -0.2, 0.2}}) {
    const double width = r.high - r.low;
    EXPECT_GE(low[r.kind], r.low);
    EXPECT_LE(high[r.kind], r.high);
    EXPECT_LT(low[r.kind], r.low + 0.01 * width);
    EXPECT_GT(high[r.kind], r.high - 0.01 * width);
    EXPECT_NEAR(sum[r.kind] / (0.8 * kCount), (r.low + r.high) / 2,
                0.02 * width);
  }
}

TEST(DrawPixelOps, JitterLeavesOutWhatIsZero) {
  ForEachDraw(
      "color_jitter { saturation: 0 hue: 0 probability: 1 }",
      [](const auto& ops) {
        ASSERT_EQ(ops.size(), 2);
        EXPECT_EQ(std::min(ops[0].kind, ops[1].kind), PixelOp::kBrightness);
        EXPECT_EQ(std::max(ops[0].kind, ops[1].kind), PixelOp::kContrast);
      });
}

TEST(DrawPixelOps, ThreeAugmentTakesOneOfThree) {
  for (const bool deit : {true, false}) {
    std::map<int, int> seen;
    ForEachDraw(
        deit ? "three_augment {}" : "three_augment { variant: TINY_IMAGENET }",
        [&](const auto& ops) {
          ASSERT_EQ(ops.size(), 1);
          const PixelOp& op = ops[0];
          ++seen[op.kind];
          if (op.kind == PixelOp::kSolarize) {
            EXPECT_EQ(op.amount, deit ? 128 : 0);
          } else if (op.kind != PixelOp::kGrayscale) {
            EXPECT_GE(op.amount, deit ? 0.1 : 0.03);
            EXPECT_LT(op.amount, deit ? 2.0 : 0.57);
            EXPECT_EQ(op.kernel_size, deit ? 0 : 3);
          }
        });
    ASSERT_EQ(seen.size(), 3);
    EXPECT_EQ(seen.count(deit ? PixelOp::kBoxBlur : PixelOp::kGaussianBlur), 1);
    for (const auto& [kind, n] : seen) {
      EXPECT_NEAR(n / double{kCount}, 1. / 3, Error(1. / 3)) << kind;
    }
  }
}

TEST(DrawRandAugment, HasTimmsOperationsAndMagnitudes) {
  std::map<int, int> seen;
  double rotation = 0;
  int left = 0;
  ForEachDraw("rand_augment {}", [&](const auto& ops) {
    ASSERT_LE(ops.size(), 2);
    for (const PixelOp& op : ops) {
      ++seen[op.kind];
      EXPECT_EQ(op.fill, (Fill{1, 2, 3}));
      if (op.kind == PixelOp::kRotate) {
        rotation += std::abs(op.amount);
        left += op.amount > 0;
      }
      // From timm at magnitudes 0 to 10.
      const std::map<int, std::pair<double, double>> ranges = {
          {PixelOp::kRotate, {-30, 30}},
          {PixelOp::kPosterize, {0, 4}},
          {PixelOp::kSolarize, {0, 256}},
          {PixelOp::kSolarizeAdd, {0, 110}},
          {PixelOp::kSaturation, {0.1, 1.9}},
          {PixelOp::kShearX, {-0.3, 0.3}},
          {PixelOp::kTranslateY, {-0.45, 0.45}}};
      const auto range = ranges.find(op.kind);
      if (range == ranges.end()) continue;
      EXPECT_GE(op.amount, range->second.first);
      EXPECT_LE(op.amount, range->second.second);
    }
  });
  ASSERT_EQ(seen.size(), 15);
  for (const auto& [kind, n] : seen) {
    EXPECT_NEAR(n / double{kCount}, 1. / 15, 2 * Error(1. / 15)) << kind;
  }
  // 9 +- 0.5 of 10, of 30 degrees, either way.
  EXPECT_NEAR(rotation / seen[PixelOp::kRotate], 27, 0.3);
  EXPECT_NEAR(left / double(seen[PixelOp::kRotate]), 0.5, 0.08);
}

TEST(DrawRandAugment, WithoutSpreadEveryMagnitudeIsKnown) {
  std::set<std::pair<int, double>> seen;
  ForEachDraw("rand_augment { num_ops: 1 probability: 1 magnitude_std: 0 }",
              [&](const auto& ops) {
                seen.insert({ops[0].kind, ops[0].amount});
              });
  for (const auto& [kind, amount] :
       std::vector<std::pair<int, double>>{{PixelOp::kRotate, -27},
                                           {PixelOp::kPosterize, 1},
                                           {PixelOp::kSolarize, 26},
                                           {PixelOp::kSolarizeAdd, 99},
                                           {PixelOp::kBrightness, 1.81},
                                           {PixelOp::kEqualize, 0}}) {
    EXPECT_EQ(seen.count({kind, amount}), 1) << kind << " " << amount;
  }
  EXPECT_EQ(seen.size(), 24);  // nine have two signs
}

}  // namespace
}  // namespace caldera::data
