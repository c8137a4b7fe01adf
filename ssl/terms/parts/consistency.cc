// EMAE's term: the predictions that several masks of an image make for the same
// removed patch must agree. EMAE is a masked autoencoder with `partition` masks
// and this term.
//
// The term is the mean of |p_i - p_j| over pairs of masks i < j of an image,
// the patches that both remove, and the numbers of a prediction. The paper has
// two such terms, with one side detached in turn: their sum has twice this
// value and the same gradient.
//
// Source: Li et al., Efficient Masked Autoencoders with Self-Consistency, arXiv
// 2302.14431.
#include "ssl/terms/parts/consistency.h"

#include <ATen/TensorOperators.h>

#include "absl/strings/str_cat.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {
namespace {

// Returns the predictions in image order, [B*K, N, T]: those of the removed
// patches, [B*K, Nm, T], and zeros for the others.
at::Tensor Restored(const at::Tensor& prediction, const Mask& mask) {
  const int64_t n = mask.mask.size(1);
  if (prediction.size(1) == n) return prediction;
  return prediction.new_zeros({prediction.size(0), n, prediction.size(2)})
      .scatter(1, mask.ids_remove.unsqueeze(-1).expand_as(prediction),
               prediction);
}

}  // namespace

at::Tensor Inconsistency(const at::Tensor& prediction, const at::Tensor& mask,
                         int64_t num_masks) {
  const int64_t k = num_masks, n = mask.size(1), t = prediction.size(2);
  const at::Tensor p = prediction.reshape({-1, k, n, t});  // [B, K, N, T]
  const at::Tensor m =
      mask.to(p.scalar_type()).reshape({-1, k, n});  // [B, K, N]
  at::Tensor sum = p.new_zeros({}), count = p.new_zeros({});
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = i + 1; j < k; ++j) {
      const at::Tensor both = m.select(1, i) * m.select(1, j);  // [B, N]
      const at::Tensor distance =
          (p.select(1, i) - p.select(1, j)).abs().mean(-1);  // [B, N]
      sum = sum + (distance * both).sum();
      count = count + both.sum();
    }
  }
  return sum / count.clamp_min(1);
}

namespace {

class ConsistencyLoss : public AuxiliaryLoss {
 public:
  explicit ConsistencyLoss(int64_t num_masks) : num_masks_(num_masks) {}

  std::string name() const override { return "consistency"; }
  ContextRequest request() const override {
    ContextRequest request;
    request.prediction = true;
    request.mask = true;
    return request;
  }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    return {Inconsistency(Restored(context.prediction, context.mask),
                          context.mask.mask, num_masks_),
            {}};
  }

 private:
  int64_t num_masks_;
};

const bool kConsistency = AuxiliaryLossPart::Register<ConsistencySpec>(
    {"consistency", "Predictions under several masks must agree (EMAE)."},
    [](const ConsistencySpec&,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (sizes.num_masks >= 2) {
        return std::make_unique<ConsistencyLoss>(sizes.num_masks);
      }
      return absl::InvalidArgumentError(absl::StrCat(
          ": compares what several masks of an image predict, but mae.masking ",
          sizes.num_masks == 0 ? "does not apply to this method"
                               : "draws one mask",
          "; write mae { masking { partition {} } }"));
    });

}  // namespace
}  // namespace caldera::ssl
