// Blurs an image: MAGMA's authors train with Pillow's three box blurs, others
// with a true Gaussian.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "data/augment/ops/gaussian_blur.pb.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

// Transposes in [rows, columns] into out [columns, rows].
void Transpose(const uint8_t* in, int64_t rows, int64_t columns, uint8_t* out) {
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) out[x * rows + y] = *in++;
  }
}

// A box of 2 radius + 1 full pixels and two partial ones at its ends.
struct Box {
  int64_t radius;
  uint32_t weight, end_weight;  // of 2^24
};

// Returns a box; three of them have the variance sigma^2. Lengths follow
// equations 7, 11 and 14 of the paper, in float32 as in Pillow's BoxBlur.c.
Box BoxOf(float sigma) {
  constexpr int kPasses = 3;
  const float variance = sigma * sigma / kPasses;
  const auto length = static_cast<float>(std::sqrt(12.0 * variance + 1.0));
  const auto whole = static_cast<float>(std::floor((length - 1.0) / 2.0));
  float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  part /= 6 * (variance - (whole + 1) * (whole + 1));
  const float radius = whole + part;
  Box box;
  box.radius = static_cast<int64_t>(radius);
  box.weight = static_cast<uint32_t>((1 << 24) / (radius * 2 + 1));
  box.end_weight = ((1 << 24) - (box.radius * 2 + 1) * box.weight) / 2;
  return box;
}

// Applies one box along the columns, an entire row at a time, so that it
// vectorises. `sum` is scratch memory of `columns` values.
void BlurColumns(const uint8_t* in, int64_t rows, int64_t columns,
                 const Box& box, uint32_t* sum, uint8_t* out) {
  const auto row = [&](int64_t y) {
    return in + std::clamp<int64_t>(y, 0, rows - 1) * columns;
  };
  std::fill_n(sum, columns, 0);
  for (int64_t y = -box.radius - 1; y < box.radius; ++y) {
    const uint8_t* values = row(y);
    for (int64_t x = 0; x < columns; ++x) sum[x] += values[x];
  }
  for (int64_t y = 0; y < rows; ++y, out += columns) {
    const uint8_t *leaving = row(y - box.radius - 1),
                  *entering = row(y + box.radius),
                  *next = row(y + box.radius + 1);
    for (int64_t x = 0; x < columns; ++x) {
      sum[x] += entering[x] - leaving[x];
      const uint32_t total =
          sum[x] * box.weight + (leaving[x] + next[x]) * box.end_weight;
      out[x] = static_cast<uint8_t>((total + (1 << 23)) >> 24);
    }
  }
}

// Applies three boxes in place to in [rows, columns].
void BlurColumnsThrice(uint8_t* in, int64_t rows, int64_t columns,
                       const Box& box, uint32_t* sum, uint8_t* scratch) {
  BlurColumns(in, rows, columns, box, sum, scratch);
  BlurColumns(scratch, rows, columns, box, sum, in);
  BlurColumns(in, rows, columns, box, sum, scratch);
  std::memcpy(in, scratch, rows * columns);
}

// Returns the index in 0..size-1 at `i`, mirrored outwards about the end
// points.
int64_t Reflect(int64_t i, int64_t size) {
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  i = (i % period + period) % period;
  return std::min(i, period - i);
}

std::vector<float> GaussianWeights(int kernel_size, double sigma) {
  std::vector<double> weights;
  double sum = 0;
  for (int k = 0; k < kernel_size; ++k) {
    const double x = (k - kernel_size / 2) / sigma;
    weights.push_back(std::exp(-0.5 * x * x));
    sum += weights.back();
  }
  std::vector<float> normalised;
  for (const double w : weights) {
    normalised.push_back(static_cast<float>(w / sum));
  }
  return normalised;
}

// Applies Pillow's ImageFilter.GaussianBlur(radius = sigma), bit for bit: three
// box blurs along the rows, then three along the columns, each rounded to
// bytes, the edge repeated outwards (Gwosdek et al., "Theoretical foundations
// of Gaussian convolution by extended box filtering", 2011). sigma >= 0.
void BoxBlur(const ByteImage& image, double sigma) {
  if (sigma == 0) return;
  const Box box = BoxOf(static_cast<float>(sigma));
  std::vector<uint8_t> turned(image.plane_size()), scratch(image.plane_size());
  std::vector<uint32_t> sum(std::max(image.height, image.width));
  for (int64_t c = 0; c < image.channels; ++c) {
    uint8_t* plane = image.plane(c);
    Transpose(plane, image.height, image.width, turned.data());
    BlurColumnsThrice(turned.data(), image.width, image.height, box, sum.data(),
                      scratch.data());
    Transpose(turned.data(), image.width, image.height, plane);
    BlurColumnsThrice(plane, image.height, image.width, box, sum.data(),
                      scratch.data());
  }
}

// Applies torchvision's gaussian_blur: weights exp(-x^2 / 2 sigma^2) normalised
// over kernel_size (odd, >= 1) taps, with the image reflected outwards without
// repeating its edge (several times if it is smaller than half the kernel,
// which torchvision refuses). The sum is float32 and rounded once, so that a
// value may differ by 1 from another order of summation. sigma > 0.
void GaussianBlur(const ByteImage& image, int kernel_size, double sigma) {
  const std::vector<float> weights = GaussianWeights(kernel_size, sigma);
  const int half = kernel_size / 2;
  const int64_t height = image.height, width = image.width;
  std::vector<float> rows(image.plane_size()), line(width + 2 * half);
  for (int64_t c = 0; c < image.channels; ++c) {
    uint8_t* plane = image.plane(c);
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = -half; x < width + half; ++x) {
        line[x + half] = plane[y * width + Reflect(x, width)];
      }
      float* to = rows.data() + y * width;
      for (int k = 0; k < kernel_size; ++k) {
        for (int64_t x = 0; x < width; ++x) to[x] += weights[k] * line[x + k];
      }
    }
    std::vector<float> sum(width);
    for (int64_t y = 0; y < height; ++y) {
      std::fill(sum.begin(), sum.end(), 0.0f);
      for (int k = 0; k < kernel_size; ++k) {
        const float* from = rows.data() + Reflect(y + k - half, height) * width;
        for (int64_t x = 0; x < width; ++x) sum[x] += weights[k] * from[x];
      }
      for (int64_t x = 0; x < width; ++x) {
        plane[y * width + x] =
            static_cast<uint8_t>(std::min(std::lrint(sum[x]), 255L));
      }
    }
    std::fill(rows.begin(), rows.end(), 0.0f);
  }
}

// amount: sigma in pixels; more[0]: the taps, 0 for Pillow's blur.
void Blur(const ByteImage& image, const PixelOp& op) {
  const int kernel_size = static_cast<int>(op.more[0]);
  if (kernel_size == 0) return BoxBlur(image, op.amount);
  GaussianBlur(image, kernel_size, op.amount);
}

absl::Status Check(const GaussianBlurSpec& spec) {
  const int taps = spec.kernel_size();
  return base::FieldCheck()
      .Require(
          spec.min_sigma() <= spec.max_sigma(), "min_sigma", spec.min_sigma(),
          absl::StrCat("is above max_sigma, ", spec.max_sigma()), "swap them")
      .Require(taps == 0 || (taps >= 1 && taps <= 1001 && taps % 2 == 1),
               "kernel_size", taps, "is neither 0 nor odd and in [1, 1001]",
               "0 takes Pillow's box blurs")
      .status();
}

const bool kGaussianBlur = PixelOpPart::Register<GaussianBlurSpec>(
    {"gaussian_blur", "Blurs the image (Pillow, or a true Gaussian)."},
    {Blur, /*order=*/50},
    [](const GaussianBlurSpec& spec, base::RandomStream& stream) {
      return PixelOp{stream.Uniform(spec.min_sigma(), spec.max_sigma()),
                     {static_cast<double>(spec.kernel_size())}};
    },
    Check);

}  // namespace
}  // namespace caldera::data
