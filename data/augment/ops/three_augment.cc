// 3-Augment: grayscale, solarize or a blur, with equal chances (Touvron et al.,
// "DeiT III", 2022), and its variant of the Tiny-ImageNet report.
#include "data/augment/ops/three_augment.pb.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

void Draw(const ThreeAugmentSpec& spec, base::RandomStream& stream,
          std::vector<PixelOp>* ops) {
  static const PixelOp grayscale = PixelOpPart::Make("grayscale");
  static const PixelOp solarize = PixelOpPart::Make("solarize");
  static const PixelOp blur = PixelOpPart::Make("gaussian_blur");
  const bool deit = spec.variant() == ThreeAugmentSpec::DEIT3;
  const double sigma =
      deit ? stream.Uniform(0.1, 2.0) : stream.Uniform(0.03, 0.57);
  switch (stream.UniformInt(3)) {
    case 0:
      return ops->push_back(grayscale);
    case 1:
      ops->push_back(solarize);
      ops->back().amount = deit ? 128 : 0;
      return;
    default:
      ops->push_back(blur);
      ops->back().amount = sigma;
      ops->back().more[0] = deit ? 0 : 3;
  }
}

const bool kThreeAugment = PixelOpPart::RegisterGroup<ThreeAugmentSpec>(
    {"three_augment",
     "Applies one of grayscale, solarize and blur, with equal chances (DeiT "
     "III)."},
    /*order=*/10, Draw);

}  // namespace
}  // namespace caldera::data
