// The target consists of the histograms of oriented gradients of each patch:
// edges and their directions, without brightness (MaskFeat, DMJD).
//
// It has (patch / cell)^2 * orientations * channels numbers a patch, in the
// order (row of cells, column, orientation, channel). A cell without any edge
// has a histogram of zeros.
//
// Source: Wei et al., Masked Feature Prediction for Self-Supervised Visual
// Pre-Training, CVPR 2022; mx-mark/DMJD, util/hog_tensor.py. As there,
// gradients are differences of a pixel's two neighbours (0 at the image's
// border), and each counts fully for one of the bins between 0 and 180 degrees.
// The authors use raw pixels, we use normalised images: normalising the
// histogram removes a channel's scale.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/atan2.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/hypot.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/zeros_like.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/status.h"
#include "ssl/targets/target.h"

namespace caldera::ssl {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kEpsilon =
    1e-5;  // of a histogram's length, the authors' value

// Returns the difference of a pixel's two neighbours along `dim`, 0 at the
// border.
at::Tensor Gradient(const at::Tensor& x, int64_t dim) {
  const int64_t n = x.size(dim);
  if (n < 3) return at::zeros_like(x);
  const at::Tensor inner = x.slice(dim, 2, n) - x.slice(dim, 0, n - 2);
  return dim == 3 ? at::constant_pad_nd(inner, {1, 1, 0, 0})
                  : at::constant_pad_nd(inner, {0, 0, 1, 1});
}

// [B, C, H, W] -> [B, C, H/cell, W/cell, cell * cell]
at::Tensor Cells(const at::Tensor& x, int64_t cell) {
  return x.unflatten(3, {-1, cell})
      .unflatten(2, {-1, cell})
      .transpose(3, 4)
      .flatten(4);
}

// Returns the mean over a cell's pixels of the gradients' lengths, by
// direction, [B, C, H/cell, W/cell, O], for images [B, C, H, W] whose sides
// `cell` divides.
at::Tensor OrientedGradients(const at::Tensor& images, int64_t orientations,
                             int64_t cell) {
  const at::Tensor down = Gradient(images, 2), across = Gradient(images, 3);
  // Angles are in [0, pi); an angle that rounds to pi goes to the last bin.
  const at::Tensor angle = at::remainder(at::atan2(down, across), kPi);
  const at::Tensor bin = (angle * (static_cast<double>(orientations) / kPi))
                             .floor()
                             .clamp_max(static_cast<double>(orientations - 1));
  const at::Tensor bins =
      at::arange(orientations, images.options()).unsqueeze(1);  // [O, 1]
  const at::Tensor belongs =
      Cells(bin, cell).unsqueeze(4) == bins;  // [B, C, h, w, O, cell * cell]
  const at::Tensor length = Cells(at::hypot(down, across), cell).unsqueeze(4);
  return (length * belongs).mean(-1);
}

class HogTarget : public Target {
 public:
  HogTarget(const HogTargetSpec& spec, const vit::EncoderSpec& encoder)
      : spec_(spec),
        patch_size_(encoder.patch_size()),
        channels_(encoder.channels()) {}

  int64_t dim() const override;
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* teacher) const override;

 private:
  HogTargetSpec spec_;
  int64_t patch_size_, channels_;
};

int64_t HogTarget::dim() const {
  const int64_t side = patch_size_ / spec_.cell();
  return side * side * spec_.orientations() * channels_;
}

TargetOutput HogTarget::Compute(const at::Tensor& images,
                                const TeacherOutput* /*teacher*/) const {
  const int64_t side = patch_size_ / spec_.cell();
  at::Tensor cells = OrientedGradients(images, spec_.orientations(),
                                       spec_.cell());  // [B, C, h, w, O]
  cells = spec_.layer_norm()
              ? at::layer_norm(cells, {spec_.orientations()})
              : cells / (cells.square().sum(-1, /*keepdim=*/true) +
                         kEpsilon * kEpsilon)
                            .sqrt();
  return {cells.unflatten(3, {-1, side})
              .unflatten(2, {-1, side})  // [B, C, gh, side, gw, side, O]
              .permute({0, 2, 4, 3, 5, 6, 1})
              .flatten(3)      // [B, gh, gw, T]
              .flatten(1, 2),  // [B, N, T]
          {}};
}

const bool kHog = TargetPart::Register<HogTargetSpec>(
    {"hog", "Histograms of oriented gradients (MaskFeat, DMJD)."},
    [](const HogTargetSpec& spec,
       const TargetOptions& options) -> TargetPart::Result {
      const int patch = options.encoder.patch_size();
      RETURN_IF_ERROR(
          base::FieldCheck()
              .Require(
                  spec.cell() >= 1 && patch % spec.cell() == 0, "cell",
                  spec.cell(),
                  absl::StrCat("does not divide encoder.patch_size: ", patch))
              .status());
      return std::make_unique<HogTarget>(spec, options.encoder);
    });

}  // namespace
}  // namespace caldera::ssl
