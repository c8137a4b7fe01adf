#include "data/augment/draw_pixel_ops.h"

#include <algorithm>
#include <array>
#include <utility>

namespace caldera::data {
namespace {

bool Chance(double probability, base::RandomStream& stream) {
  return stream.Uniform() < probability;
}

PixelOp Blur(int kernel_size, double sigma) {
  PixelOp op{kernel_size == 0 ? PixelOp::kBoxBlur : PixelOp::kGaussianBlur,
             sigma};
  op.kernel_size = kernel_size;
  return op;
}

void DrawThreeAugment(const ThreeAugmentSpec& spec, base::RandomStream& stream,
                      std::vector<PixelOp>* ops) {
  const bool deit = spec.variant() == ThreeAugmentSpec::DEIT3;
  const double sigma =
      deit ? stream.Uniform(0.1, 2.0) : stream.Uniform(0.03, 0.57);
  switch (stream.UniformInt(3)) {
    case 0:
      return ops->push_back({PixelOp::kGrayscale});
    case 1:
      return ops->push_back({PixelOp::kSolarize, deit ? 128.0 : 0.0});
    default:
      return ops->push_back(Blur(deit ? 0 : 3, sigma));
  }
}

void DrawColorJitter(const ColorJitterSpec& spec, base::RandomStream& stream,
                     std::vector<PixelOp>* ops) {
  const bool chosen = Chance(spec.probability(), stream);
  const auto factor = [&](double strength) {
    return stream.Uniform(std::max(0.0, 1 - strength), 1 + strength);
  };
  std::array<std::pair<PixelOp, bool>, 4> jitter = {{
      {{PixelOp::kBrightness, factor(spec.brightness())},
       spec.brightness() > 0},
      {{PixelOp::kContrast, factor(spec.contrast())}, spec.contrast() > 0},
      {{PixelOp::kSaturation, factor(spec.saturation())},
       spec.saturation() > 0},
      {{PixelOp::kHue, stream.Uniform(-spec.hue(), spec.hue())},
       spec.hue() > 0},
  }};
  for (int64_t i = 3; i > 0; --i) {
    std::swap(jitter[i], jitter[stream.UniformInt(i + 1)]);
  }
  for (const auto& [op, wanted] : jitter) {
    if (chosen && wanted) ops->push_back(op);
  }
}

}  // namespace

void DrawRandAugment(const RandAugmentSpec& spec, const Fill& fill,
                     base::RandomStream& stream, std::vector<PixelOp>* ops) {
  static constexpr std::array<PixelOp::Kind, 15> kKinds = {
      PixelOp::kAutoContrast, PixelOp::kEqualize,   PixelOp::kInvert,
      PixelOp::kRotate,       PixelOp::kPosterize,  PixelOp::kSolarize,
      PixelOp::kSolarizeAdd,  PixelOp::kSaturation, PixelOp::kContrast,
      PixelOp::kBrightness,   PixelOp::kSharpness,  PixelOp::kShearX,
      PixelOp::kShearY,       PixelOp::kTranslateX, PixelOp::kTranslateY};
  for (int i = 0; i < spec.num_ops(); ++i) {
    PixelOp op{kKinds[stream.UniformInt(kKinds.size())]};
    const bool chosen = Chance(spec.probability(), stream);
    const double magnitude =
        spec.magnitude() + spec.magnitude_std() * stream.Normal();
    const double level = std::clamp(magnitude, 0.0, 10.0) / 10;
    const double sign = Chance(0.5, stream) ? -1 : 1;
    op.fill = fill;
    switch (op.kind) {
      case PixelOp::kRotate:
        op.amount = sign * level * 30;
        break;
      case PixelOp::kPosterize:
        op.amount = 4 - static_cast<int>(level * 4);
        break;
      case PixelOp::kSolarize:
        op.amount = 256 - static_cast<int>(level * 256);
        break;
      case PixelOp::kSolarizeAdd:
        op.amount = static_cast<int>(level * 110);
        break;
      case PixelOp::kSaturation:
      case PixelOp::kContrast:
      case PixelOp::kBrightness:
      case PixelOp::kSharpness:
        op.amount = std::max(0.1, 1 + sign * level * 0.9);
        break;
      case PixelOp::kShearX:
      case PixelOp::kShearY:
        op.amount = sign * level * 0.3;
        break;
      case PixelOp::kTranslateX:
      case PixelOp::kTranslateY:
        op.amount = sign * level * 0.45;
        break;
      default:
        break;  // no amount
    }
    if (chosen) ops->push_back(op);
  }
}

void DrawPixelOps(const AugmentSpec& spec, const Fill& fill,
                  base::RandomStream& stream, std::vector<PixelOp>* ops) {
  if (spec.has_three_augment()) {
    DrawThreeAugment(spec.three_augment(), stream, ops);
  }
  if (spec.has_rand_augment()) {
    DrawRandAugment(spec.rand_augment(), fill, stream, ops);
  }
  if (spec.has_color_jitter()) {
    DrawColorJitter(spec.color_jitter(), stream, ops);
  }
  if (Chance(spec.grayscale(), stream)) ops->push_back({PixelOp::kGrayscale});
  if (spec.has_gaussian_blur()) {
    const GaussianBlurSpec& blur = spec.gaussian_blur();
    const bool chosen = Chance(blur.probability(), stream);
    const double sigma = stream.Uniform(blur.min_sigma(), blur.max_sigma());
    if (chosen) ops->push_back(Blur(blur.kernel_size(), sigma));
  }
  if (spec.has_solarize() && Chance(spec.solarize().probability(), stream)) {
    ops->push_back(
        {PixelOp::kSolarize, static_cast<double>(spec.solarize().threshold())});
  }
  if (Chance(spec.equalize(), stream)) ops->push_back({PixelOp::kEqualize});
}

}  // namespace caldera::data
