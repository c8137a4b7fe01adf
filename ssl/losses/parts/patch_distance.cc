// Losses that compare each patch independently: MSE (MAE's), L1, smooth L1 and
// cosine.
//
// Source of MSE over removed patches: facebookresearch/mae, models_mae.py,
// forward_loss.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/smooth_l1_loss.h>

#include <functional>
#include <utility>

#include "ssl/losses/reconstruction_loss.h"

namespace caldera::ssl {
namespace {

// Returns [B, M] for prediction and target, [B, M, T].
using Distance =
    std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;

class PatchDistance : public ReconstructionLoss {
 public:
  explicit PatchDistance(Distance distance) : distance_(std::move(distance)) {}
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override {
    return MeanOverPatches(distance_(prediction, target), weight);
  }

 private:
  Distance distance_;
};

constexpr auto kEach = at::Reduction::None;

const bool kMse = ReconstructionLossPart::Register<MseSpec>(
    {"mse", "The mean of squared differences (MAE).", "", /*is_default=*/true},
    [](const MseSpec&, const vit::EncoderSpec&) {
      return std::make_unique<PatchDistance>(
          [](const at::Tensor& prediction, const at::Tensor& target) {
            return at::mse_loss(prediction, target, kEach).mean(-1);
          });
    });

const bool kL1 = ReconstructionLossPart::Register<L1Spec>(
    {"l1", "The mean of absolute differences."},
    [](const L1Spec&, const vit::EncoderSpec&) {
      return std::make_unique<PatchDistance>(
          [](const at::Tensor& prediction, const at::Tensor& target) {
            return at::l1_loss(prediction, target, kEach).mean(-1);
          });
    });

const bool kSmoothL1 = ReconstructionLossPart::Register<SmoothL1Spec>(
    {"smooth_l1", "L1, and a square below beta."},
    [](const SmoothL1Spec& spec, const vit::EncoderSpec&) {
      return std::make_unique<PatchDistance>(
          [beta = spec.beta()](const at::Tensor& prediction,
                               const at::Tensor& target) {
            return at::smooth_l1_loss(prediction, target, kEach, beta).mean(-1);
          });
    });

const bool kCosine = ReconstructionLossPart::Register<CosineSpec>(
    {"cosine", "1 - cos(prediction, target)."},
    [](const CosineSpec&, const vit::EncoderSpec&) {
      return std::make_unique<PatchDistance>(
          [](const at::Tensor& prediction, const at::Tensor& target) {
            return 1 - at::cosine_similarity(prediction, target, /*dim=*/-1);
          });
    });

}  // namespace
}  // namespace caldera::ssl
