#include "data/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace caldera::data {
namespace {

constexpr int kBits = 22;  // of a weight's fraction
constexpr int32_t kHalf = 1 << (kBits - 1);

double Triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

double Cubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0;
}

uint8_t Clip(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kBits, 0, 255));
}

// Which inputs an output is made of, and by how much: Pillow's
// precompute_coeffs and normalize_coeffs_8bpc.
struct Taps {
  struct Output {
    int64_t begin, count;
  };
  std::vector<Output> outputs;
  int64_t stride = 0;            // weights of an output
  std::vector<int32_t> weights;  // [outputs, stride], of 2^22

  Taps(int64_t in, int64_t out, Filter filter) {
    const double scale = static_cast<double>(in) / static_cast<double>(out);
    const double stretch = std::max(scale, 1.0);
    const double inverse = 1.0 / stretch;
    const double support = (filter == Filter::kBicubic ? 2 : 1) * stretch;
    stride = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
    outputs.resize(out);
    weights.resize(out * stride);
    std::vector<double> exact(stride);
    for (int64_t o = 0; o < out; ++o) {
      const double centre = (static_cast<double>(o) + 0.5) * scale;
      const int64_t begin =
          std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
      const int64_t end =
          std::min<int64_t>(static_cast<int64_t>(centre + support + 0.5), in);
      double sum = 0;
      for (int64_t i = begin; i < end; ++i) {
        const double x = (static_cast<double>(i) - centre + 0.5) * inverse;
        exact[i - begin] = filter == Filter::kBicubic ? Cubic(x) : Triangle(x);
        sum += exact[i - begin];
      }
      for (int64_t k = 0; k < end - begin; ++k) {
        const double weight = exact[k] / sum * (1 << kBits);
        weights[o * stride + k] =
            static_cast<int32_t>(weight + (weight < 0 ? -0.5 : 0.5));
      }
      outputs[o] = {begin, end - begin};
    }
  }
};

// Along the rows: [height, .] of any strides -> [height, taps.outputs].
void AlongRows(const uint8_t* from, int64_t height, int64_t row_stride,
               int64_t column_stride, const Taps& taps, uint8_t* to) {
  for (int64_t y = 0; y < height; ++y, from += row_stride) {
    const int32_t* weights = taps.weights.data();
    for (const Taps::Output& output : taps.outputs) {
      const uint8_t* in = from + output.begin * column_stride;
      int32_t sum = kHalf;
      for (int64_t k = 0; k < output.count; ++k, in += column_stride) {
        sum += weights[k] * *in;
      }
      *to++ = Clip(sum);
      weights += taps.stride;
    }
  }
}

// Along the columns, a whole row at a time: [., width] -> [outputs, width].
void AlongColumns(const uint8_t* from, int64_t width, const Taps& taps,
                  uint8_t* to) {
  std::vector<int32_t> sum(width);
  const int32_t* weights = taps.weights.data();
  for (const Taps::Output& output : taps.outputs) {
    std::fill(sum.begin(), sum.end(), kHalf);
    for (int64_t k = 0; k < output.count; ++k) {
      const uint8_t* row = from + (output.begin + k) * width;
      for (int64_t x = 0; x < width; ++x) sum[x] += weights[k] * row[x];
    }
    for (int64_t x = 0; x < width; ++x) to[x] = Clip(sum[x]);
    to += width;
    weights += taps.stride;
  }
}

void CopyRows(const uint8_t* from, int64_t height, int64_t width,
              int64_t row_stride, int64_t column_stride, uint8_t* to) {
  for (int64_t y = 0; y < height; ++y, from += row_stride, to += width) {
    if (column_stride == 1) {
      std::memcpy(to, from, width);
    } else {
      for (int64_t x = 0; x < width; ++x) to[x] = from[x * column_stride];
    }
  }
}

}  // namespace

bool ColumnsFirst(int64_t height, int64_t width, int64_t out_height,
                  int64_t out_width) {
  return out_height < height && height - out_height > 2 * (width - out_width);
}

void Resample(const uint8_t* from, int64_t height, int64_t width,
              int64_t row_stride, int64_t column_stride, Filter filter,
              int64_t out_height, int64_t out_width, uint8_t* to) {
  // An axis whose length stays is left alone.
  const bool rows = width != out_width, columns = height != out_height;
  std::vector<uint8_t> between;
  if (rows && ColumnsFirst(height, width, out_height, out_width)) {
    if (column_stride != 1 || row_stride != width) {
      between.resize(height * width);
      CopyRows(from, height, width, row_stride, column_stride, between.data());
      from = between.data();
    }
    std::vector<uint8_t> lower(out_height * width);
    AlongColumns(from, width, Taps(height, out_height, filter), lower.data());
    AlongRows(lower.data(), out_height, width, 1,
              Taps(width, out_width, filter), to);
    return;
  }
  uint8_t* narrower = to;
  if (columns) {
    between.resize(height * out_width);
    narrower = between.data();
  }
  if (rows) {
    AlongRows(from, height, row_stride, column_stride,
              Taps(width, out_width, filter), narrower);
  } else {
    CopyRows(from, height, width, row_stride, column_stride, narrower);
  }
  if (columns) {
    AlongColumns(narrower, out_width, Taps(height, out_height, filter), to);
  }
}

}  // namespace caldera::data
