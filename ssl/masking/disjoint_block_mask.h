#ifndef CALDERA_SSL_MASKING_DISJOINT_BLOCK_MASK_H_
#define CALDERA_SSL_MASKING_DISJOINT_BLOCK_MASK_H_

// DMJD's masks: two of each image, of whole cells of patches, whose removed
// patches overlap as little as the ratio allows.
//
//   Mask mask = DisjointBlockMask(/*cell=*/2).Sample(request);  // [2 B, ...]
//
// What both remove together is min(2 r, 1) of the patches: from a ratio of 0.5
// on, every patch is predicted in one mask at least. Where the ratio does not
// come out in whole cells, one cell is shared out.
//
// Caveat: a step is twice MAE's of the same batch.
//
// Source: Ma et al., Disjoint Masking with Joint Distillation for Efficient
// Masked Image Modeling, arXiv 2301.00230, whose blocks are SimMIM's cells of
// 2 x 2 patches; mx-mark/DMJD, models_dmjd.py, block_masking. There all images
// of a batch share the permutation by which the second mask follows from the
// first; here each has its own.

#include <cstdint>

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {

class DisjointBlockMask : public MaskSampler {
 public:
  explicit DisjointBlockMask(int64_t cell) : cell_(cell) {}

  int64_t num_masks() const override { return 2; }
  // With cells of one patch it is ComplementMask.
  Mask Sample(const MaskRequest& request) const override;
  // Refuses a grid that the cells do not tile.
  absl::Status Check(const vit::Grid& grid, double ratio) const override;

 private:
  int64_t cell_;  // patches a side
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_DISJOINT_BLOCK_MASK_H_
