// Block-wise masking removes rectangles until the ratio is reached (Bao et al.,
// BEiT, ICLR 2022, algorithm 1).
//
//   Mask mask = BlockMask(spec.masking().block()).Sample(request);
//
// BEiT stops near the intended number of patches; here the number is exact, as
// a batch needs: when no further rectangle fits, single patches are removed.
#ifndef CALDERA_SSL_MASKING_BLOCK_MASK_H_
#define CALDERA_SSL_MASKING_BLOCK_MASK_H_

#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/masking.pb.h"

namespace caldera::ssl {

class BlockMask : public MaskSampler {
 public:
  explicit BlockMask(const BlockMaskSpec& spec) : spec_(spec) {}
  Mask Sample(const MaskRequest& request) const override;

 private:
  BlockMaskSpec spec_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_BLOCK_MASK_H_
