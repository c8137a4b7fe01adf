// DMJD's masks: two masks of each image, made of cells of patches, whose
// removed patches overlap as little as the ratio allows.
//
// Together the two masks remove min(2 r, 1) of the patches: from a ratio of 0.5
// on, every patch is predicted in at least one of them. If the ratio is no
// whole number of cells, one cell is split.
//
// Source: Ma et al., Disjoint Masking with Joint Distillation for Efficient
// Masked Image Modeling, arXiv 2301.00230, whose blocks are SimMIM's cells of
// 2 x 2 patches; mx-mark/DMJD, models_dmjd.py, block_masking. In the authors'
// code all images of a batch share the permutation by which the second mask
// follows from the first; here each image has its own.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/ranks.h"
#include "ssl/masking/uniform_noise.h"

namespace caldera::ssl {
namespace {

class DisjointBlockMask : public MaskSampler {
 public:
  explicit DisjointBlockMask(int64_t cell) : cell_(cell) {}

  int64_t num_masks() const override { return 2; }
  // With cells of one patch the masks are those of `complement`.
  Mask Sample(const MaskRequest& request) const override;
  // Refuses a grid that the cells do not tile.
  absl::Status Check(const vit::Grid& grid, double ratio) const override;

 private:
  int64_t cell_;  // side, in patches
};

absl::Status DisjointBlockMask::Check(const vit::Grid& grid,
                                      double ratio) const {
  RETURN_IF_ERROR(MaskSampler::Check(grid, ratio));
  if (grid.height % cell_ == 0 && grid.width % cell_ == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      ratio, " applies to a grid of ", grid.height, " x ", grid.width,
      " patches, which masking.disjoint_block.cell: ", cell_,
      " does not divide; choose encoder.image_size and encoder.patch_size so "
      "that it does, or another cell"));
}

Mask DisjointBlockMask::Sample(const MaskRequest& request) const {
  const int64_t h = request.grid.height / cell_;
  const int64_t w = request.grid.width / cell_;
  const int64_t patches = cell_ * cell_;  // of a cell
  const at::Tensor rank =
      Ranks(UniformNoise(request.streams, "mask", request.index, {h * w}));
  // A cell's patches follow each other, row by row.
  const at::Tensor within =
      at::arange(patches, at::kLong).view({1, 1, cell_, 1, cell_});
  const at::Tensor place =
      (rank.view({-1, h, 1, w, 1}) * patches + within).flatten(1);  // [B, N]
  // The second mask removes first what the first removes last.
  const at::Tensor both = at::stack({place, -place}, 1);  // [B, 2, N]
  return MaskFromNoise(both.flatten(0, 1),
                       NumKept(request.grid.size(), request.ratio));
}

const bool kDisjointBlock = MaskSamplerPart::Register<DisjointBlockMaskSpec>(
    {"disjoint_block",
     "Two masks of cells, whose removed patches overlap little (DMJD)."},
    [](const DisjointBlockMaskSpec& spec) {
      return std::make_unique<DisjointBlockMask>(spec.cell());
    });

}  // namespace
}  // namespace caldera::ssl
