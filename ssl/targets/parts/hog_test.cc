// Compares histograms with a loop over pixels, and tests what changes them.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "ssl/targets/target.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

constexpr double kDegree = 3.14159265358979323846 / 180;

// images [B, C, 8, 8] at patch 4 -> [B, 4, T].
at::Tensor Hog(const at::Tensor& images, int orientations, int cell,
               bool layer_norm) {
  TargetOptions options;
  options.encoder.set_image_size(8);
  options.encoder.set_patch_size(4);
  options.encoder.set_channels(static_cast<int32_t>(images.size(1)));
  TargetSpec spec;
  spec.mutable_hog()->set_orientations(orientations);
  spec.mutable_hog()->set_cell(cell);
  spec.mutable_hog()->set_layer_norm(layer_norm);
  const auto target = TargetPart::Create(spec, options);
  EXPECT_TRUE(target.ok()) << target.status();
  const at::Tensor values = (*target)->Compute(images, nullptr).values;
  EXPECT_EQ(values.size(2), (*target)->dim());
  return values;
}

// Returns the histogram of the cell whose first pixel is (top, left).
std::vector<double> SlowHistogram(const at::Tensor& channel, int64_t top,
                                  int64_t left, int orientations, int cell,
                                  bool layer_norm) {
  const auto at = [&](int64_t r, int64_t c) {
    return channel[r][c].item<double>();
  };
  std::vector<double> h(orientations, 0);
  for (int64_t r = top; r < top + cell; ++r) {
    for (int64_t c = left; c < left + cell; ++c) {
      const double gy = r == 0 || r == 7 ? 0 : at(r + 1, c) - at(r - 1, c);
      const double gx = c == 0 || c == 7 ? 0 : at(r, c + 1) - at(r, c - 1);
      double degrees = std::atan2(gy, gx) / kDegree;
      if (degrees < 0) degrees += 180;
      if (degrees >= 180) degrees -= 180;
      h[static_cast<size_t>(degrees / (180.0 / orientations))] +=
          std::sqrt(gx * gx + gy * gy) / (cell * cell);
    }
  }
  double sum = 0, squares = 0;
  for (const double x : h) sum += x, squares += x * x;
  const double mean = sum / orientations;
  const double var = squares / orientations - mean * mean;
  for (double& x : h) {
    x = layer_norm ? (x - mean) / std::sqrt(var + 1e-5)
                   : x / std::sqrt(squares + 1e-10);
  }
  return h;
}

TEST(HogTarget, EqualsTheLoopOverPixels) {
  const at::Tensor images = vit::Normal({2, 2, 8, 8}, 1);
  for (const bool layer_norm : {true, false}) {
    for (const int cell : {2, 4}) {
      const int orientations = 9, side = 4 / cell;
      const at::Tensor values = Hog(images, orientations, cell, layer_norm);
      for (int64_t b = 0; b < 2; ++b) {
        for (int64_t n = 0; n < 4; ++n) {
          int64_t place = 0;
          for (int64_t i = 0; i < side * side; ++i) {
            const int64_t top = n / 2 * 4 + i / side * cell;
            const int64_t left = n % 2 * 4 + i % side * cell;
            std::vector<std::vector<double>> h;
            for (int64_t c = 0; c < 2; ++c) {
              h.push_back(SlowHistogram(images[b][c], top, left, orientations,
                                        cell, layer_norm));
            }
            for (int o = 0; o < orientations; ++o) {
              for (int64_t c = 0; c < 2; ++c, ++place) {
                EXPECT_NEAR(values[b][n][place].item<double>(), h[c][o], 1e-9);
              }
            }
          }
        }
      }
    }
  }
}

// An edge counts for its direction, no matter which side is brighter.
TEST(HogTarget, NamesTheDirection) {
  const at::Tensor ramp =
      at::arange(8, at::kDouble).expand({1, 1, 8, 8}).contiguous();
  for (const double sign : {1.0, -1.0}) {
    const at::Tensor across = Hog(sign * ramp, 4, 4, false);
    const at::Tensor down = Hog(sign * ramp.transpose(2, 3), 4, 4, false);
    for (int64_t n = 0; n < 4; ++n) {
      EXPECT_NEAR(across[0][n][0].item<double>(), 1, 1e-9);  // 0 degrees
      EXPECT_NEAR(down[0][n][2].item<double>(), 1, 1e-9);    // 90 degrees
    }
  }
}

TEST(HogTarget, FlatPatchesAreZeroAndBrightnessDoesNotCount) {
  for (const bool layer_norm : {true, false}) {
    const at::Tensor flat = at::full({1, 1, 8, 8}, 3.0, at::kFloat);
    EXPECT_TRUE(Hog(flat, 9, 2, layer_norm).equal(at::zeros({1, 4, 4 * 9})));
    const at::Tensor images = vit::Normal({1, 1, 8, 8}, 2);
    EXPECT_TRUE(Hog(images, 9, 2, layer_norm)
                    .allclose(Hog(images + 5, 9, 2, layer_norm), 1e-9, 1e-9));
  }
}

TEST(HogTarget, RefusesWhatDoesNotFit) {
  TargetOptions options;
  options.encoder.set_patch_size(4);
  TargetSpec spec;
  spec.mutable_hog();
  const auto error = [&] {
    return std::string(TargetPart::Create(spec, options).status().message());
  };
  EXPECT_THAT(error(),
              HasSubstr("hog.cell: 8 does not divide encoder.patch_size: 4"));
  spec.mutable_hog()->set_cell(0);
  EXPECT_THAT(error(), HasSubstr("hog.cell: 0"));
  spec.mutable_hog()->set_cell(2);
  spec.mutable_hog()->set_orientations(1);
  EXPECT_THAT(error(), HasSubstr("hog.orientations: 1 is not in [2, 180]"));
}

}  // namespace
}  // namespace caldera::ssl
