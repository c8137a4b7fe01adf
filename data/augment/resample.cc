#include "data/augment/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace caldera::data {
namespace {

constexpr int kBits = 22;  // bits of a weight's fraction
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

// How the outputs of an axis lie on its inputs, as in Pillow's
// precompute_coeffs.
struct Scale {
  double scale, stretch, support;

  Scale(int64_t in, int64_t out, Filter filter)
      : scale(static_cast<double>(in) / static_cast<double>(out)),
        stretch(std::max(scale, 1.0)),
        support((filter == Filter::kBicubic ? 2 : 1) * stretch) {}

  double Centre(int64_t o) const {
    return (static_cast<double>(o) + 0.5) * scale;
  }
  // The inputs from Begin() to before End() have weights.
  int64_t Begin(int64_t o) const {
    return std::max<int64_t>(static_cast<int64_t>(Centre(o) - support + 0.5),
                             0);
  }
  int64_t End(int64_t o, int64_t in) const {
    return std::min<int64_t>(static_cast<int64_t>(Centre(o) + support + 0.5),
                             in);
  }
};

// The inputs of each output and their weights, as Pillow's precompute_coeffs
// and normalize_coeffs_8bpc compute them.
struct Taps {
  struct Output {
    int64_t begin, count;
  };
  std::vector<Output> outputs;
  int64_t stride = 0;            // weights of an output
  std::vector<int32_t> weights;  // [outputs, stride], of 2^22

  Taps(const Axis& axis, Filter filter) {
    const Scale scale(axis.in, axis.out, filter);
    const double inverse = 1.0 / scale.stretch;
    stride = static_cast<int64_t>(std::ceil(scale.support)) * 2 + 1;
    outputs.resize(axis.outputs.count);
    weights.resize(axis.outputs.count * stride);
    std::vector<double> exact(stride);
    for (int64_t o = 0; o < axis.outputs.count; ++o) {
      const double centre = scale.Centre(axis.outputs.begin + o);
      const int64_t begin = scale.Begin(axis.outputs.begin + o);
      const int64_t end = scale.End(axis.outputs.begin + o, axis.in);
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
      outputs[o] = {begin - axis.inputs.begin, end - begin};
    }
  }
};

// The loop that dominates the time, compiled for two instruction sets below.
// Resizes [., width] to [outputs, width], an entire row at a time.
[[gnu::always_inline]] inline void Columns(const uint8_t* from, int64_t width,
                                           const Taps& taps, int32_t* sum,
                                           uint8_t* to) {
  const int32_t* weights = taps.weights.data();
  for (const Taps::Output& output : taps.outputs) {
    for (int64_t x = 0; x < width; ++x) sum[x] = kHalf;
    for (int64_t k = 0; k < output.count; ++k) {
      const uint8_t* row = from + (output.begin + k) * width;
      const int32_t weight = weights[k];
      for (int64_t x = 0; x < width; ++x) sum[x] += weight * row[x];
    }
    for (int64_t x = 0; x < width; ++x) to[x] = Clip(sum[x]);
    to += width;
    weights += taps.stride;
  }
}

void ColumnsAnywhere(const uint8_t* from, int64_t width, const Taps& taps,
                     int32_t* sum, uint8_t* to) {
  Columns(from, width, taps, sum, to);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void ColumnsAvx2(const uint8_t* from, int64_t width,
                                         const Taps& taps, int32_t* sum,
                                         uint8_t* to) {
  Columns(from, width, taps, sum, to);
}
const auto kColumns =
    __builtin_cpu_supports("avx2") ? ColumnsAvx2 : ColumnsAnywhere;
#else
const auto kColumns = ColumnsAnywhere;
#endif

// Resizes [., width] to [outputs, width].
void AlongColumns(const uint8_t* from, int64_t width, const Taps& taps,
                  uint8_t* to) {
  std::vector<int32_t> sum(width);
  kColumns(from, width, taps, sum.data(), to);
}

// Transposes [C, H, W] of any strides to [W, C, H].
std::vector<uint8_t> Turned(const Pixels& from) {
  const int64_t rows = from.channels * from.height;
  std::vector<uint8_t> turned(rows * from.width);
  uint8_t* column = turned.data();
  for (int64_t c = 0; c < from.channels; ++c) {
    for (int64_t y = 0; y < from.height; ++y, ++column) {
      const uint8_t* in =
          from.data + c * from.channel_stride + y * from.row_stride;
      for (int64_t x = 0; x < from.width; ++x) {
        column[x * rows] = in[x * from.column_stride];
      }
    }
  }
  return turned;
}

// Copies [C, H, W] of any strides to [C, H, W] without gaps.
void CopyTo(const Pixels& from, uint8_t* to) {
  for (int64_t c = 0; c < from.channels; ++c) {
    for (int64_t y = 0; y < from.height; ++y, to += from.width) {
      const uint8_t* in =
          from.data + c * from.channel_stride + y * from.row_stride;
      if (from.column_stride == 1) {
        std::memcpy(to, in, from.width);
        continue;
      }
      for (int64_t x = 0; x < from.width; ++x) {
        to[x] = in[x * from.column_stride];
      }
    }
  }
}

Pixels WithoutGaps(const uint8_t* data, int64_t channels, int64_t height,
                   int64_t width) {
  return {data, channels, height, width, height * width, width, 1};
}

// Resizes [C, H, W] of any strides to [C, H, across.outputs] without gaps.
void ResizeRows(const Pixels& from, Filter filter, const Axis& across,
                uint8_t* to) {
  if (across.in == across.out) return CopyTo(from, to);
  const int64_t rows = from.channels * from.height;
  const int64_t out = across.outputs.count;
  std::vector<uint8_t> resized(out * rows);
  AlongColumns(Turned(from).data(), rows, Taps(across, filter), resized.data());
  // Turned back: [out, C * H] is one channel of `out` rows.
  const Pixels back{resized.data(), 1, rows, out, 0, 1, rows};
  CopyTo(back, to);
}

// Resizes [C, H, W] without gaps to [C, down.outputs, W].
void ResizeColumns(const Pixels& from, Filter filter, const Axis& down,
                   uint8_t* to) {
  const Taps taps(down, filter);
  for (int64_t c = 0; c < from.channels; ++c) {
    AlongColumns(from.data + c * from.height * from.width, from.width, taps,
                 to + c * down.outputs.count * from.width);
  }
}

}  // namespace

bool ColumnsFirst(int64_t height, int64_t width, int64_t out_height,
                  int64_t out_width) {
  return out_height < height && height - out_height > 2 * (width - out_width);
}

Axis PartOfAxis(int64_t in, int64_t out, Filter filter, const Span& outputs) {
  Axis axis{in, out, outputs, outputs};
  if (in == out) return axis;
  const Scale scale(in, out, filter);
  axis.inputs.begin = scale.Begin(outputs.begin);
  axis.inputs.count =
      scale.End(outputs.begin + outputs.count - 1, in) - axis.inputs.begin;
  return axis;
}

void ResamplePart(const Pixels& from, Filter filter, const Axis& down,
                  const Axis& across, uint8_t* to) {
  // An axis whose length stays is not resized.
  if (down.in == down.out) return ResizeRows(from, filter, across, to);
  const int64_t channels = from.channels;
  const int64_t out_height = down.outputs.count;
  const int64_t out_width = across.outputs.count;
  if (across.in != across.out &&
      ColumnsFirst(down.in, across.in, down.out, across.out)) {
    std::vector<uint8_t> copy(channels * from.height * from.width);
    std::vector<uint8_t> lower(channels * out_height * from.width);
    CopyTo(from, copy.data());
    ResizeColumns(WithoutGaps(copy.data(), channels, from.height, from.width),
                  filter, down, lower.data());
    return ResizeRows(
        WithoutGaps(lower.data(), channels, out_height, from.width), filter,
        across, to);
  }
  std::vector<uint8_t> narrower(channels * from.height * out_width);
  ResizeRows(from, filter, across, narrower.data());
  ResizeColumns(WithoutGaps(narrower.data(), channels, from.height, out_width),
                filter, down, to);
}

void Resample(const Pixels& from, Filter filter, int64_t out_height,
              int64_t out_width, uint8_t* to) {
  const Axis down{from.height, out_height, {0, from.height}, {0, out_height}};
  const Axis across{from.width, out_width, {0, from.width}, {0, out_width}};
  ResamplePart(from, filter, down, across, to);
}

}  // namespace caldera::data
