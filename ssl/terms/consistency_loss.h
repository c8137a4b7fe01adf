// EMAE's term: the predictions that several masks of an image make for the same
// removed patch must agree. EMAE is a masked autoencoder with `partition` masks
// and this term.
//
//   auto loss = ConsistencyLoss::Create(sizes);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// The term is the mean of |p_i - p_j| over pairs of masks i < j of an image,
// the patches that both remove, and the numbers of a prediction. The paper has
// two such terms, with one side detached in turn: their sum has twice this
// value and the same gradient.
//
// Source: Li et al., Efficient Masked Autoencoders with Self-Consistency, arXiv
// 2302.14431.
#ifndef CALDERA_SSL_TERMS_CONSISTENCY_LOSS_H_
#define CALDERA_SSL_TERMS_CONSISTENCY_LOSS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

// Returns the scalar mean distance of prediction [B*K, N, T] under mask [B*K,
// N] (1 = removed), where the K masks of an image follow one another; 0 if no
// patch is removed by two of them.
at::Tensor Inconsistency(const at::Tensor& prediction, const at::Tensor& mask,
                         int64_t num_masks);

class ConsistencyLoss : public AuxiliaryLoss {
 public:
  // Returns InvalidArgument, which names the masking, if images have one mask.
  static absl::StatusOr<std::unique_ptr<ConsistencyLoss>> Create(
      const ModelSizes& sizes);

  std::string name() const override { return "consistency"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;

 private:
  explicit ConsistencyLoss(int64_t num_masks) : num_masks_(num_masks) {}

  int64_t num_masks_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_CONSISTENCY_LOSS_H_
