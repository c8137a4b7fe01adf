#include "eval/figures/reconstruction_figure.h"

#include <ATen/ops/full_like.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/where.h>
#include <glog/logging.h>

#include <algorithm>
#include <vector>

#include "base/draw/image_grid.h"

namespace caldera::eval {
namespace {

constexpr double kGrey = 0.5;
constexpr int64_t kLeastHeight = 96;

// Converts [B, C, H, W] in 0..1 to images, uint8 [C, H, W].
std::vector<at::Tensor> Bytes(const at::Tensor& images) {
  return at::nan_to_num(images, 0)
      .clamp(0, 1)
      .mul(255)
      .round()
      .to(at::kByte)
      .unbind(0);
}

}  // namespace

at::Tensor ReconstructionFigure(const at::Tensor& images,
                                const at::Tensor& prediction,
                                const at::Tensor& mask, int64_t patch_size,
                                int64_t count, int64_t scale, int64_t gap) {
  CHECK(images.dim() == 4 && images.sizes() == prediction.sizes());
  CHECK(patch_size >= 1 && images.size(2) % patch_size == 0 &&
        images.size(3) % patch_size == 0);
  const int64_t down = images.size(2) / patch_size;
  const int64_t across = images.size(3) / patch_size;
  CHECK(mask.dim() == 2 && mask.size(0) == images.size(0) &&
        mask.size(1) == down * across);
  const int64_t shown = std::min(count, images.size(0));
  CHECK_GE(shown, 1);
  if (scale == 0) {
    scale = (kLeastHeight + images.size(2) - 1) / images.size(2);
  }

  const auto on_cpu = [shown](const at::Tensor& t) {
    return t.narrow(0, 0, shown).detach().to(at::kCPU, at::kFloat);
  };
  const at::Tensor input = on_cpu(images);       // [B, C, H, W]
  const at::Tensor output = on_cpu(prediction);  // [B, C, H, W]
  const at::Tensor removed =
      on_cpu(mask)
          .gt(0.5)
          .view({shown, 1, down, across})
          .repeat_interleave(patch_size, 2)
          .repeat_interleave(patch_size, 3);  // [B, 1, H, W]
  return base::ImageGrid(
      {Bytes(input),
       Bytes(at::where(removed, at::full_like(input, kGrey), input)),
       Bytes(at::where(removed, output, input)), Bytes(output)},
      scale, gap);
}

}  // namespace caldera::eval
