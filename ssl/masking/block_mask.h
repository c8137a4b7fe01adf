// Block-wise masking: rectangles are removed until the ratio is reached (Bao et
// al., BEiT, ICLR 2022, algorithm 1).
//
//   Mask mask = BlockMask(spec.masking().block()).Sample(request);
//
// BEiT stops near the number that it aims at; here it is exact, as one batch
// needs: what no further rectangle fits is removed patch by patch.
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
