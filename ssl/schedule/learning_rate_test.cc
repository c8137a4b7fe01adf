#include "ssl/schedule/learning_rate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace caldera::ssl {
namespace {

LearningRateOptions Options(const std::string& shape) {
  LearningRateOptions options;
  options.shape = shape;
  options.peak = 1.0;
  options.min = 0.1;
  options.warmup_start = 0.2;
  options.warmup_steps = 10;
  options.total_steps = 110;
  options.step_at = {30, 80};
  options.step_factor = 0.5;
  return options;
}

TEST(LearningRate, EveryShapeIsAPureFunctionOfTheStep) {
  const struct {
    const char* shape;
    double step, rate;
  } kTable[] = {
      {"cosine", 0, 0.2},        {"cosine", 5, 0.6},
      {"cosine", 10, 1.0},       {"cosine", 60, 0.55},
      {"cosine", 110, 0.1},      {"cosine", 500, 0.1},
      {"solo_cosine", 0, 0.2},   {"solo_cosine", 4.5, 0.6},
      {"solo_cosine", 9, 1.0},   {"solo_cosine", 10, 1.0},
      {"solo_cosine", 60, 0.55}, {"solo_cosine", 110, 0.1},
      {"solo_cosine", 500, 0.1}, {"step", 5, 0.6},
      {"step", 29, 1.0},         {"step", 30, 0.5},
      {"step", 80, 0.25},        {"step", 500, 0.25},
      {"constant", 5, 0.6},      {"constant", 10, 1.0},
      {"constant", 110, 1.0},    {"steps", 5, 0.6},
      {"steps", 65, 1.0},        {"steps", 66, 0.1},
      {"steps", 87, 0.1},        {"steps", 88, 0.01},
  };
  for (const auto& row : kTable) {
    EXPECT_NEAR(LearningRate(Options(row.shape), row.step), row.rate, 1e-15)
        << row.shape << " at " << row.step;
  }
}

TEST(LearningRate, WithoutWarmUpTheFirstStepHasThePeak) {
  for (const char* shape : {"cosine", "step", "constant"}) {
    LearningRateOptions options = Options(shape);
    options.warmup_steps = 0;
    EXPECT_DOUBLE_EQ(LearningRate(options, 0), 1.0);
  }
}

TEST(LearningRate, AllWarmUpDividesByNothing) {
  LearningRateOptions options = Options("cosine");
  options.total_steps = 10;
  EXPECT_NEAR(LearningRate(options, 9), 0.92, 1e-15);
  EXPECT_DOUBLE_EQ(LearningRate(options, 10), 0.1);
}

// Computes solo-learn's scheduler literally: each rate from the one before it.
std::vector<double> Recursion(const LearningRateOptions& o, int warmup,
                              int total) {
  std::vector<double> rates = {o.warmup_start};
  const double length = total - warmup;
  for (int step = 1; step <= total; ++step) {
    const double last = rates.back();
    if (step < warmup) {
      rates.push_back(last + (o.peak - o.warmup_start) / (warmup - 1));
    } else if (step == warmup) {
      rates.push_back(o.peak);
    } else {
      rates.push_back((1 + std::cos(M_PI * (step - warmup) / length)) /
                          (1 + std::cos(M_PI * (step - warmup - 1) / length)) *
                          (last - o.min) +
                      o.min);
    }
  }
  return rates;
}

TEST(LearningRate, SoloCosineIsTheRecursion) {
  for (const int warmup : {0, 1, 2, 7}) {
    LearningRateOptions options = Options("solo_cosine");
    options.warmup_steps = warmup;
    options.total_steps = 40;
    const std::vector<double> rates = Recursion(options, warmup, 40);
    for (size_t step = 0; step < rates.size(); ++step) {
      EXPECT_NEAR(LearningRate(options, static_cast<double>(step)), rates[step],
                  1e-13)
          << "warm-up " << warmup << ", step " << step;
    }
  }
}

// The warm-up of a share of the run is rarely an integer number of steps.
TEST(LearningRate, FractionalWarmUpsNeverExceedThePeak) {
  for (const char* shape : {"cosine", "solo_cosine"}) {
    LearningRateOptions options = Options(shape);
    for (const double warmup : {0.3, 1.0, 1.5, 7.9}) {
      options.warmup_steps = warmup;
      EXPECT_EQ(LearningRate(options, 0), 0.2);
      for (int step = 0; step < 110; ++step) {
        const double rate = LearningRate(options, step);
        EXPECT_GE(rate, 0.1) << "warm-up " << warmup << ", step " << step;
        EXPECT_LE(rate, 1.0) << "warm-up " << warmup << ", step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace caldera::ssl
