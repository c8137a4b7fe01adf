// Shifts an image along its rows or columns, as timm.
#include "data/augment/ops/warp.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

struct TranslateXOptions : WarpOptions {
  TranslateXOptions() : WarpOptions{0.45, "[0, 1]", "of the width"} {}
};

struct TranslateYOptions : WarpOptions {
  TranslateYOptions() : WarpOptions{0.45, "[0, 1]", "of the height"} {}
};

// amount: the share of the width, to the left.
void TranslateX(const ByteImage& image, const PixelOp& op) {
  AffineMap map;
  map.c = op.amount * static_cast<double>(image.width);
  Warp(image, op, map);
}

// amount: the share of the height, upwards.
void TranslateY(const ByteImage& image, const PixelOp& op) {
  AffineMap map;
  map.f = op.amount * static_cast<double>(image.height);
  Warp(image, op, map);
}

double ShiftOfLevel(double level, double sign) { return sign * level * 0.45; }

const bool kTranslateX = PixelOpPart::Register<TranslateXOptions>(
    {"translate_x", "Shifts the image along its rows (timm)."},
    {TranslateX, PixelOpKind::kLast, {13, ShiftOfLevel}}, DrawWarp);
const bool kTranslateY = PixelOpPart::Register<TranslateYOptions>(
    {"translate_y", "Shifts the image along its columns (timm)."},
    {TranslateY, PixelOpKind::kLast, {14, ShiftOfLevel}}, DrawWarp);

}  // namespace
}  // namespace caldera::data
