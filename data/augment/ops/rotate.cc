// Rotates an image about its centre: Pillow's Image.rotate as timm calls it.
#include <cmath>

#include "data/augment/ops/warp.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

struct RotateOptions : WarpOptions {
  RotateOptions() : WarpOptions{30, "[0, 180]", "degrees"} {}
};

// amount: degrees, anticlockwise.
void Rotate(const ByteImage& image, const PixelOp& op) {
  if (op.amount == 0) return;
  constexpr double kPi = 3.14159265358979323846;
  const double angle = -op.amount * kPi / 180;
  // Rounds to 15 digits, as Pillow does.
  const double cosine = std::round(std::cos(angle) * 1e15) / 1e15;
  const double sine = std::round(std::sin(angle) * 1e15) / 1e15;
  const double x = static_cast<double>(image.width) / 2;
  const double y = static_cast<double>(image.height) / 2;
  Warp(image, op,
       {cosine, sine, -cosine * x - sine * y + x, -sine, cosine,
        sine * x - cosine * y + y});
}

double DegreesOfLevel(double level, double sign) { return sign * level * 30; }

const bool kRotate = PixelOpPart::Register<RotateOptions>(
    {"rotate", "Rotates the image about its centre (Pillow)."},
    {Rotate, PixelOpKind::kLast, {3, DegreesOfLevel}}, DrawWarp);

}  // namespace
}  // namespace caldera::data
