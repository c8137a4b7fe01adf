// The reconstruction loss for targets that are ids, as in BEiT and ClusterMIM.
// The loss of equal logits is log T.
#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>

#include "ssl/losses/reconstruction_loss.h"

namespace caldera::ssl {
namespace {

class CrossEntropy : public ReconstructionLoss {
 public:
  bool reads_ids() const override { return true; }
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override {
    return MeanOverPatches(-at::log_softmax(prediction, -1)
                                .gather(-1, target.unsqueeze(-1))
                                .squeeze(-1),
                           weight);
  }
};

const bool kCrossEntropy = ReconstructionLossPart::Register<CrossEntropySpec>(
    {"cross_entropy", "For targets that are ids (BEiT, ClusterMIM)."},
    [](const CrossEntropySpec&, const vit::EncoderSpec&) {
      return std::make_unique<CrossEntropy>();
    });

}  // namespace
}  // namespace caldera::ssl
