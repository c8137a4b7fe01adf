// MAE's target: the pixels of each patch, raw or normalised by the patch.
//
//   PixelTarget target(/*patch_size=*/16, /*channels=*/3, /*norm_pix=*/true);
//   at::Tensor values = target.Compute(images, nullptr).values;  // [B, N, T]
//
// Caveat: a constant patch (background) has a normalised target of 0, which
// lowers the loss of data sets with much background.
#ifndef CALDERA_SSL_TARGETS_PARTS_PIXELS_H_
#define CALDERA_SSL_TARGETS_PARTS_PIXELS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "ssl/targets/target.h"

namespace caldera::ssl {

// Returns the patches of images [B, C, H, W], [B, N, p*p*C], in the order (row,
// column, channel) within a patch. norm_pix_loss: they are
// (x - mean) / sqrt(var + 1e-6) with the patch's own mean and unbiased
// variance. Source: facebookresearch/mae, models_mae.py, forward_loss.
at::Tensor PatchPixels(const at::Tensor& images, int64_t patch_size,
                       bool norm_pix_loss);

class PixelTarget : public Target {
 public:
  PixelTarget(int64_t patch_size, int64_t channels, bool norm_pix_loss)
      : patch_size_(patch_size),
        channels_(channels),
        norm_pix_loss_(norm_pix_loss) {}

  int64_t dim() const override { return patch_size_ * patch_size_ * channels_; }
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* teacher) const override;
  // Gives a normalised prediction the mean and the deviation of the patch that
  // it predicts.
  std::optional<at::Tensor> ToImages(const at::Tensor& prediction,
                                     const at::Tensor& images) const override;

 private:
  int64_t patch_size_, channels_;
  bool norm_pix_loss_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_PARTS_PIXELS_H_
