#include "data/sets/dataset_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

TEST(DatasetStats, AgreesWithTheDefinition) {
  // 300 x 400 pixels do not fit one 32-bit sum of squares.
  const MadeUpDataset dataset(7, 3, 300, 400);
  std::vector<double> mean(3), std(3);
  const double n = 7 * 300 * 400;
  for (int64_t i = 0; i < 7; ++i) {
    const at::Tensor image = *dataset.Image(i);
    for (int64_t j = 0; j < image.numel(); ++j) {
      mean[j / 120000] += image.const_data_ptr<uint8_t>()[j] / 255.0 / n;
    }
  }
  for (int64_t i = 0; i < 7; ++i) {
    const at::Tensor image = *dataset.Image(i);
    for (int64_t j = 0; j < image.numel(); ++j) {
      const double v = image.const_data_ptr<uint8_t>()[j] / 255.0;
      std[j / 120000] += std::pow(v - mean[j / 120000], 2) / n;
    }
  }
  for (const int threads : {1, 3, 20}) {
    const absl::StatusOr<DatasetStats> stats = ComputeStats(dataset, threads);
    ASSERT_TRUE(stats.ok()) << stats.status();
    EXPECT_EQ(stats->count, 7);
    EXPECT_EQ(stats->unlabelled, 2);  // images 0 and 4
    EXPECT_EQ(stats->min_height, 300);
    EXPECT_EQ(stats->max_width, 400);
    for (int c = 0; c < 3; ++c) {
      EXPECT_NEAR(stats->mean[c], mean[c], 1e-12);
      EXPECT_NEAR(stats->std[c], std::sqrt(std[c]), 1e-12);
    }
  }
}

TEST(DatasetStats, NamesTheBadImage) {
  MadeUpDataset dataset(50, 1, 4, 4);
  dataset.bad_image = 33;
  const absl::StatusOr<DatasetStats> stats = ComputeStats(dataset, 2);
  EXPECT_EQ(stats.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(stats.status().message(),
            "made_up, image 33: images.bin: checksum differs");
}

}  // namespace
}  // namespace caldera::data
