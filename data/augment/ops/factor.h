// The factor by which an operation strengthens a property of an image: 1
// changes nothing, 0 removes the property.
#ifndef CALDERA_DATA_AUGMENT_OPS_FACTOR_H_
#define CALDERA_DATA_AUGMENT_OPS_FACTOR_H_

#include <algorithm>

#include "base/option_list.h"
#include "base/random_stream.h"
#include "data/augment/pixel_op/pixel_op.h"

namespace caldera::data {

struct FactorOptions {
  double strength = 0.4;

  void List(base::OptionList& list) {
    list.Add("strength", &strength, "[0, 100]",
             "how far the factor may lie from 1");
  }
};

// Returns a factor uniform in [max(0, 1 - strength), 1 + strength), as
// torchvision's ColorJitter.
inline double DrawFactor(double strength, base::RandomStream& stream) {
  return stream.Uniform(std::max(0.0, 1 - strength), 1 + strength);
}

inline PixelOp DrawFactorOp(const FactorOptions& options,
                            base::RandomStream& stream) {
  return {DrawFactor(options.strength, stream)};
}

// Returns timm's factor of a level.
inline double FactorOfLevel(double level, double sign) {
  return std::max(0.1, 1 + sign * level * 0.9);
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_OPS_FACTOR_H_
