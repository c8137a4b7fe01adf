#include "data/augment/ops/warp.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace caldera::data {
namespace {

struct Plane {
  const uint8_t* data;
  int64_t height, width;

  // A column beyond the edge repeats the edge.
  double at(int64_t y, int64_t x) const {
    return data[y * width + std::clamp<int64_t>(x, 0, width - 1)];
  }
};

double Linear(double a, double b, double t) { return a + (b - a) * t; }

double Cubic(double v1, double v2, double v3, double v4, double t) {
  const double p2 = -v1 + v3;
  const double p3 = 2 * (v1 - v2) + v3 - v4;
  const double p4 = -v1 + v2 - v3 + v4;
  return v2 + t * (p2 + t * (p3 + t * p4));
}

// Samples at (x, y), measured from the corner of the plane and inside it.
uint8_t Bilinear(const Plane& plane, double x, double y) {
  const auto left = static_cast<int64_t>(std::floor(x - 0.5));
  const auto top = static_cast<int64_t>(std::floor(y - 0.5));
  const double dx = x - 0.5 - static_cast<double>(left);
  const double dy = y - 0.5 - static_cast<double>(top);
  const auto row = [&](int64_t r) {
    return Linear(plane.at(r, left), plane.at(r, left + 1), dx);
  };
  const double first = row(std::max<int64_t>(top, 0));
  const double second = top + 1 < plane.height ? row(top + 1) : first;
  return static_cast<uint8_t>(Linear(first, second, dy));
}

uint8_t Bicubic(const Plane& plane, double x, double y) {
  const auto left = static_cast<int64_t>(std::floor(x - 0.5)) - 1;
  const auto top = static_cast<int64_t>(std::floor(y - 0.5)) - 1;
  const double dx = x - 1.5 - static_cast<double>(left);
  const double dy = y - 1.5 - static_cast<double>(top);
  const auto row = [&](int64_t r) {
    return Cubic(plane.at(r, left), plane.at(r, left + 1),
                 plane.at(r, left + 2), plane.at(r, left + 3), dx);
  };
  // A row above the image repeats its first, one below the row before it.
  double v[4];
  v[0] = row(std::clamp<int64_t>(top, 0, plane.height - 1));
  for (int k = 1; k < 4; ++k) {
    const int64_t r = top + k;
    v[k] = r >= 0 && r < plane.height ? row(r) : v[k - 1];
  }
  return static_cast<uint8_t>(
      std::clamp(Cubic(v[0], v[1], v[2], v[3], dy), 0.0, 255.0));
}

}  // namespace

void Warp(const ByteImage& image, const PixelOp& op, const AffineMap& map) {
  const bool bilinear = op.more[0] != 0;
  const std::vector<uint8_t> before(image.data, image.data + image.size());
  const auto height = static_cast<double>(image.height);
  const auto width = static_cast<double>(image.width);
  for (int64_t c = 0; c < image.channels; ++c) {
    const Plane plane{before.data() + c * image.plane_size(), image.height,
                      image.width};
    uint8_t* to = image.plane(c);
    for (int64_t row = 0; row < image.height; ++row) {
      for (int64_t column = 0; column < image.width; ++column, ++to) {
        const double u = static_cast<double>(column) + 0.5;
        const double v = static_cast<double>(row) + 0.5;
        const double x = map.a * u + map.b * v + map.c;
        const double y = map.d * u + map.e * v + map.f;
        if (!(x >= 0 && x < width && y >= 0 && y < height)) {
          *to = op.fill[c];
        } else if (bilinear) {
          *to = Bilinear(plane, x, y);
        } else {
          *to = Bicubic(plane, x, y);
        }
      }
    }
  }
}

}  // namespace caldera::data
