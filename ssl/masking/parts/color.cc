// Makes masks from filtered noise: the patches of largest value stay (Hinojosa,
// Liu, Ghanem, ColorMAE: Exploring Data-independent Masking Strategies in
// Masked AutoEncoders, ECCV 2024).
//
// With W white noise and G_n, G_w the narrow and the wide Gaussian,
//
//   red = G_w W,  green = G_n W - G_w W,  blue = W - G_n W,
//   purple = W - green.
//
// Each image has its own noise, which extends beyond the grid's border; the
// authors crop, rotate and flip a stored field (carlosh93/ColorMAE,
// masking_generator.py). The colour is the same, and nothing is downloaded.
//
// Caveat: a grid smaller than the wide Gaussian (4 x 4 patches) has hardly any
// colour.
#include <ATen/ops/empty.h>

#include <cmath>
#include <vector>

#include "base/field_check.h"
#include "base/random_stream.h"
#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {
namespace {

// Returns the taps of a Gaussian, out to three deviations; their sum is 1.
std::vector<double> Taps(double sigma) {
  const auto radius = static_cast<int64_t>(std::ceil(3 * sigma));
  std::vector<double> taps;
  double sum = 0;
  for (int64_t i = -radius; i <= radius; ++i) {
    const double x = static_cast<double>(i) / sigma;
    taps.push_back(std::exp(-x * x / 2));
    sum += taps.back();
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

// A field of height x width values and `margin` more on each side.
struct Field {
  int64_t height, width, margin;
  std::vector<double> values;

  int64_t stride() const { return width + 2 * margin; }
  double At(int64_t row, int64_t column) const {
    return values[(row + margin) * stride() + column + margin];
  }
};

// Convolves `white` with `taps` along both sides; returns the field without its
// margin, [height * width].
std::vector<double> Blur(const Field& white, const std::vector<double>& taps) {
  const auto size = static_cast<int64_t>(taps.size());
  const int64_t radius = size / 2, h = white.height, w = white.width;
  std::vector<double> rows((h + 2 * radius) * w);  // blurred along rows
  for (int64_t r = 0; r < h + 2 * radius; ++r) {
    for (int64_t c = 0; c < w; ++c) {
      double sum = 0;
      for (int64_t t = 0; t < size; ++t) {
        sum += taps[t] * white.At(r - radius, c + t - radius);
      }
      rows[r * w + c] = sum;
    }
  }
  std::vector<double> out(h * w);
  for (int64_t r = 0; r < h; ++r) {
    for (int64_t c = 0; c < w; ++c) {
      double sum = 0;
      for (int64_t t = 0; t < size; ++t) sum += taps[t] * rows[(r + t) * w + c];
      out[r * w + c] = sum;
    }
  }
  return out;
}

class ColorMask : public MaskSampler {
 public:
  explicit ColorMask(const ColorMaskSpec& spec)
      : spec_(spec), narrow_(Taps(spec.narrow())), wide_(Taps(spec.wide())) {}

  Mask Sample(const MaskRequest& request) const override;

 private:
  ColorMaskSpec spec_;
  std::vector<double> narrow_, wide_;  // weights of odd numbers of taps
};

Mask ColorMask::Sample(const MaskRequest& request) const {
  const int64_t b = request.index.size(0), n = request.grid.size();
  const auto margin = static_cast<int64_t>(wide_.size() / 2);
  Field white{request.grid.height, request.grid.width, margin, {}};
  white.values.resize((white.height + 2 * margin) * white.stride());
  const ColorMaskSpec::Color color = spec_.color();
  at::Tensor noise = at::empty({b, n}, at::kDouble);  // [B, N], low stays
  auto* out = noise.data_ptr<double>();
  const auto* samples = request.index.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < b; ++i) {
    base::RandomStream stream =
        request.streams.Sample("mask", static_cast<uint64_t>(samples[i]));
    for (double& value : white.values) value = stream.Uniform();
    std::vector<double> coarse(n), medium(n);
    if (color != ColorMaskSpec::BLUE) coarse = Blur(white, wide_);
    if (color != ColorMaskSpec::RED) medium = Blur(white, narrow_);
    for (int64_t p = 0; p < n; ++p) {
      const double w = white.At(p / white.width, p % white.width);
      double value = 0;
      switch (color) {
        case ColorMaskSpec::RED:
          value = coarse[p];
          break;
        case ColorMaskSpec::GREEN:
          value = medium[p] - coarse[p];
          break;
        case ColorMaskSpec::BLUE:
          value = w - medium[p];
          break;
        case ColorMaskSpec::PURPLE:
          value = w - (medium[p] - coarse[p]);
          break;
      }
      *out++ = -value;
    }
  }
  return MaskFromNoise(noise, NumKept(n, request.ratio));
}

const bool kColor = MaskSamplerPart::Register<ColorMaskSpec>(
    {"color", "Filtered noise chooses the patches that stay (ColorMAE)."},
    [](const ColorMaskSpec& spec) { return std::make_unique<ColorMask>(spec); },
    [](const ColorMaskSpec& spec) {
      // The bound keeps the taps above 0.
      return base::FieldCheck()
          .Below("narrow", spec.narrow(), 0.3, spec.wide(),
                 "it counts patches and stays below masking.color.wide")
          .status();
    });

}  // namespace
}  // namespace caldera::ssl
