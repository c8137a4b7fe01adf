// Shears an image along its rows or columns, as timm.
#include "data/augment/ops/warp.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

struct ShearXOptions : WarpOptions {
  ShearXOptions() : WarpOptions{0.3, "[0, 10]", "columns a row"} {}
};

struct ShearYOptions : WarpOptions {
  ShearYOptions() : WarpOptions{0.3, "[0, 10]", "rows a column"} {}
};

// amount: columns per row.
void ShearX(const ByteImage& image, const PixelOp& op) {
  AffineMap map;
  map.b = op.amount;
  Warp(image, op, map);
}

// amount: rows per column.
void ShearY(const ByteImage& image, const PixelOp& op) {
  AffineMap map;
  map.d = op.amount;
  Warp(image, op, map);
}

double ShearOfLevel(double level, double sign) { return sign * level * 0.3; }

const bool kShearX = PixelOpPart::Register<ShearXOptions>(
    {"shear_x", "Shifts each row by a multiple of its number (timm)."},
    {ShearX, PixelOpKind::kLast, {11, ShearOfLevel}}, DrawWarp);
const bool kShearY = PixelOpPart::Register<ShearYOptions>(
    {"shear_y", "Shifts each column by a multiple of its number (timm)."},
    {ShearY, PixelOpKind::kLast, {12, ShearOfLevel}}, DrawWarp);

}  // namespace
}  // namespace caldera::data
