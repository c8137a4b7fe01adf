#include "data/augment/resize.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "base/random_stream.h"

namespace caldera::data {
namespace {

at::Tensor Noise(int64_t channels, int64_t height, int64_t width) {
  at::Tensor image = at::empty({channels, height, width}, at::kByte);
  base::RandomStream stream(5, "test", 0, 0);
  uint8_t* pixel = image.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < image.numel(); ++i) pixel[i] = stream.UniformInt(256);
  return image;
}

double Cubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * kA - 4 * kA;
  return 0;
}
double Triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

// Pillow's rule for one line: the filter is stretched by the reduction, its
// weights normalised, and the result rounded to a byte.
std::vector<double> ResizeLine(const std::vector<double>& in, int64_t size,
                               const std::function<double(double)>& filter,
                               double radius) {
  const double scale = static_cast<double>(in.size()) / size;
  const double stretch = std::max(scale, 1.0);
  const double support = radius * stretch;
  std::vector<double> out;
  for (int64_t i = 0; i < size; ++i) {
    const double centre = (i + 0.5) * scale;
    const int64_t begin = std::max<int64_t>(centre - support + 0.5, 0);
    const int64_t end = std::min<int64_t>(centre + support + 0.5, in.size());
    double sum = 0, weights = 0;
    for (int64_t j = begin; j < end; ++j) {
      const double weight = filter((j - centre + 0.5) / stretch);
      sum += weight * in[j];
      weights += weight;
    }
    out.push_back(std::clamp(std::round(sum / weights), 0.0, 255.0));
  }
  return out;
}

// image uint8 [C, H, W] -> double [C, S, S], rows first.
at::Tensor RowsFirst(const at::Tensor& image, int64_t size, Filter kind) {
  const bool cubic = kind == Filter::kBicubic;
  const std::function<double(double)> filter = cubic ? Cubic : Triangle;
  at::Tensor out = at::empty({image.size(0), size, size}, at::kDouble);
  double* to = out.mutable_data_ptr<double>();
  for (int64_t c = 0; c < image.size(0); ++c) {
    std::vector<std::vector<double>> rows;
    for (int64_t y = 0; y < image.size(1); ++y) {
      std::vector<double> row;
      for (int64_t x = 0; x < image.size(2); ++x) {
        row.push_back(image[c][y][x].item().toInt());
      }
      rows.push_back(ResizeLine(row, size, filter, cubic ? 2 : 1));
    }
    for (int64_t x = 0; x < size; ++x) {
      std::vector<double> column;
      for (const auto& row : rows) column.push_back(row[x]);
      column = ResizeLine(column, size, filter, cubic ? 2 : 1);
      for (int64_t y = 0; y < size; ++y) to[y * size + x] = column[y];
    }
    to += size * size;
  }
  return out;
}

at::Tensor SlowResize(const at::Tensor& image, int64_t size, Filter filter) {
  if (!ColumnsFirst(image.size(1), image.size(2), size, size)) {
    return RowsFirst(image, size, filter);
  }
  return RowsFirst(image.transpose(1, 2), size, filter).transpose(1, 2);
}

// Pillow 13's order, found by comparing its results with both orders'.
TEST(ColumnsFirst, WhereTheHeightShrinksByMoreThanTwice) {
  EXPECT_TRUE(ColumnsFirst(40, 30, 32, 32));
  EXPECT_TRUE(ColumnsFirst(51, 51, 10, 31));
  EXPECT_FALSE(ColumnsFirst(47, 51, 7, 31));
  EXPECT_FALSE(ColumnsFirst(20, 28, 32, 32));
}

// Sizes on both sides of 64 x 64, where another implementation takes over.
TEST(ResizeTo, AgreesWithASlowResizeToOneLevel) {
  for (const int64_t channels : {1, 3}) {
    for (const auto& [height, width] :
         {std::pair<int64_t, int64_t>{40, 50}, {110, 30}}) {
      const at::Tensor planar = Noise(channels, height, width);
      const at::Tensor last =  // the same image, channels last in memory
          planar.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
      for (const Filter filter : {Filter::kBicubic, Filter::kBilinear}) {
        for (const int64_t size : {1, 20, 40, 70}) {
          const at::Tensor expected = SlowResize(planar, size, filter);
          for (const at::Tensor& image : {planar, last}) {
            const at::Tensor out = at::empty({channels, size, size}, at::kByte);
            ResizeTo(image, filter, out);
            // Weights of 22 bits leave exact halves alone to differ; ATen's
            // have fewer.
            EXPECT_LE((out - expected).abs().max().item().toDouble(), 1)
                << height << " to " << size;
          }
        }
      }
    }
  }
}

TEST(ResizeTo, CopiesWhatFits) {
  const at::Tensor image = Noise(3, 90, 80);
  const at::Tensor out = at::empty({3, 90, 80}, at::kByte);
  ResizeTo(image, Filter::kBicubic, out);
  EXPECT_TRUE(at::equal(out, image));
}

TEST(Resize, KeepsTheCentreSquare) {
  const at::Tensor image = Noise(3, 20, 30);
  EXPECT_TRUE(at::equal(Resize(image, 20), image.narrow(2, 5, 20)));
  const at::Tensor out = at::empty({3, 8, 8}, at::kByte);
  ResizeTo(image.narrow(2, 5, 20), Filter::kBicubic, out);
  EXPECT_TRUE(at::equal(Resize(image, 8), out));
  const at::Tensor fits = Noise(1, 8, 8);
  EXPECT_TRUE(Resize(fits, 8).is_same(fits));
}

}  // namespace
}  // namespace caldera::data
