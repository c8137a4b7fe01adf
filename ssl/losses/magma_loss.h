#ifndef CALDERA_SSL_LOSSES_MAGMA_LOSS_H_
#define CALDERA_SSL_LOSSES_MAGMA_LOSS_H_

// MAGMA's regularizer as a part of any method: M-X is X plus this term.
//
//   MagmaLoss loss(spec, {{10, 11}});
//   loss.taps();  // {10, 11}
//   AuxiliaryOutput out = loss.Compute(context, /*with_diagnostics=*/true);

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "magma/regularizer.pb.h"
#include "ssl/losses/auxiliary_loss.h"

namespace caldera::ssl {

class MagmaLoss : public AuxiliaryLoss {
 public:
  // pairs: (reference, target) blocks, as magma::ResolvePairs gives them.
  MagmaLoss(const magma::RegularizerSpec& spec,
            std::vector<std::pair<int64_t, int64_t>> pairs);

  std::string name() const override { return "magma"; }
  std::vector<int64_t> taps() const override;
  // The mean over the pairs. Diagnostics are those of the first pair.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) const override;

 private:
  magma::RegularizerSpec spec_;
  std::vector<std::pair<int64_t, int64_t>> pairs_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_MAGMA_LOSS_H_
