// Makes masks from filtered noise: the patches of largest value stay (Hinojosa,
// Liu, Ghanem, ColorMAE: Exploring Data-independent Masking Strategies in
// Masked AutoEncoders, ECCV 2024).
//
//   auto color = ColorMask::Create(spec.masking().color());
//   Mask mask = (*color)->Sample(request);
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
#ifndef CALDERA_SSL_MASKING_COLOR_MASK_H_
#define CALDERA_SSL_MASKING_COLOR_MASK_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/masking.pb.h"

namespace caldera::ssl {

class ColorMask : public MaskSampler {
 public:
  // Returns InvalidArgument, whose text begins with the field's path in
  // ColorMaskSpec, if an option is out of range.
  static absl::StatusOr<std::unique_ptr<ColorMask>> Create(
      const ColorMaskSpec& spec);
  Mask Sample(const MaskRequest& request) const override;

 private:
  explicit ColorMask(const ColorMaskSpec& spec);

  ColorMaskSpec spec_;
  std::vector<double> narrow_, wide_;  // weights of odd numbers of taps
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_COLOR_MASK_H_
