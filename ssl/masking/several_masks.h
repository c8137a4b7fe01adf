// Samplers that draw several masks of each image, which overlap as little as
// they can.
//
//   Mask mask = ComplementMask().Sample(request);              // [2 B, ...]
//   mask = DisjointBlockMask(/*cell=*/2).Sample(request);      // [2 B, ...]
//   mask = PartitionMask(/*num_masks=*/4).Sample(request);     // [4 B, ...]
//
// Caveat: a step with K masks costs K times MAE's step on the same batch.
#ifndef CALDERA_SSL_MASKING_SEVERAL_MASKS_H_
#define CALDERA_SSL_MASKING_SEVERAL_MASKS_H_

#include <cstdint>

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {

// Two random masks of each image. The first keeps the patches of lowest noise,
// the second those of highest noise. At a ratio of 0.5 or more no patch is
// visible in both; below 0.5 no patch is removed in both. At 0.5 of an even
// number of patches each mask is the complement of the other.
class ComplementMask : public MaskSampler {
 public:
  int64_t num_masks() const override { return 2; }
  // The first mask of an image is RandomMask's.
  Mask Sample(const MaskRequest& request) const override;
};

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
class DisjointBlockMask : public MaskSampler {
 public:
  explicit DisjointBlockMask(int64_t cell) : cell_(cell) {}

  int64_t num_masks() const override { return 2; }
  // With cells of one patch it is ComplementMask.
  Mask Sample(const MaskRequest& request) const override;
  // Refuses a grid that the cells do not tile.
  absl::Status Check(const vit::Grid& grid, double ratio) const override;

 private:
  int64_t cell_;  // side, in patches
};

// EMAE's masks: the patches of an image are divided at random among K masks,
// and each patch is visible in exactly one of them (Li et al., Efficient Masked
// Autoencoders with Self-Consistency, arXiv 2302.14431).
class PartitionMask : public MaskSampler {
 public:
  explicit PartitionMask(int64_t num_masks) : num_masks_(num_masks) {}

  int64_t num_masks() const override { return num_masks_; }
  bool takes_any_ratio() const override { return false; }
  // The first mask of an image is RandomMask's.
  Mask Sample(const MaskRequest& request) const override;
  // Refuses a ratio that does not keep one K-th of the patches.
  absl::Status Check(const vit::Grid& grid, double ratio) const override;

 private:
  int64_t num_masks_;  // K
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_SEVERAL_MASKS_H_
