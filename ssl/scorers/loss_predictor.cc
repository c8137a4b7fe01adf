#include "ssl/scorers/loss_predictor.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/softplus.h>
#include <glog/logging.h>
#include <torch/nn/module.h>

#include "absl/memory/memory.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/schedule/schedule_range.h"
#include "vit/model/initialization.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

// Returns the schedule, or a linear ramp from 0.999 to 0.9999 over the run if
// it names no shape. The authors' ramp has the same ends but covers the first
// 100 epochs, after which it stays at 0.9999.
Schedule MomentumOrRamp(const Schedule& schedule) {
  if (schedule.shape_case() != Schedule::SHAPE_NOT_SET) return schedule;
  Schedule ramp;
  ramp.mutable_linear_ramp()->set_from(0.999);
  ramp.mutable_linear_ramp()->set_to(0.9999);
  return ramp;
}

}  // namespace

at::Tensor RankingLoss(const at::Tensor& scores, const at::Tensor& losses) {
  const at::Tensor l = losses.detach();
  const at::Tensor harder =
      (l.unsqueeze(2) > l.unsqueeze(1)).to(scores.scalar_type());  // [B, M, M]
  const at::Tensor cost =
      at::softplus(scores.unsqueeze(1) - scores.unsqueeze(2));
  return ((cost * harder).sum({1, 2}) / harder.sum({1, 2}).clamp_min(1)).mean();
}

absl::StatusOr<std::unique_ptr<LossPredictor>> LossPredictor::Create(
    const LossPredictorSpec& spec, const vit::DecoderSpec& decoder,
    const vit::DecoderSizes& sizes, uint64_t seed) {
  base::FieldCheck check;
  check.Above("weight", spec.weight(), 0)
      .And(base::Within("momentum", CheckRange(spec.momentum(), 0, 1)));
  RETURN_IF_ERROR(check.status());
  auto scorer = absl::WrapUnique(new LossPredictor(
      spec.weight(), MovingAverage(MomentumOrRamp(spec.momentum()))));
  vit::DecoderSpec every_patch = decoder, removed_only = decoder;
  every_patch.set_masked_only(false);
  removed_only.set_masked_only(true);
  ASSIGN_OR_RETURN(scorer->scores_, vit::PlanDecoder(every_patch));
  ASSIGN_OR_RETURN(scorer->learns_, vit::PlanDecoder(removed_only));
  scorer->sizes_ = sizes;
  scorer->sizes_.target_dim = 1;
  scorer->module_ = std::make_shared<torch::nn::Module>();
  scorer->decoder_ = scorer->module_->register_module(
      "decoder", scorer->learns_->Build(scorer->sizes_));
  scorer->teacher_ = scorer->module_->register_module(
      "teacher", scorer->scores_->Build(scorer->sizes_));
  // Another seed makes its weights differ from the reconstructing decoder's.
  vit::InitializeVit(*scorer->decoder_, seed + 1);
  const absl::Status copied = vit::LoadStateDict(
      *scorer->teacher_, vit::GetStateDict(*scorer->decoder_), "the decoder");
  CHECK(copied.ok()) << copied;
  for (const at::Tensor& parameter : scorer->teacher_->parameters()) {
    parameter.set_requires_grad(false);
  }
  return scorer;
}

at::Tensor LossPredictor::Score(const TeacherOutput& teacher) const {
  const at::NoGradGuard no_grad;
  const int64_t b = teacher.tokens.size(0), n = sizes_.grid.size();
  // Every patch is visible, in image order.
  const at::Tensor ids =
      at::arange(n, teacher.tokens.options().dtype(at::kLong)).expand({b, n});
  return teacher_->Decode({teacher.tokens, ids})
      .prediction.squeeze(2);  // [B, N]
}

std::optional<ScorerTerm> LossPredictor::Learn(
    const at::Tensor& latent, const Mask& mask,
    const at::Tensor& patch_loss) const {
  const at::Tensor scores = decoder_->Decode({latent, mask.ids_restore})
                                .prediction.squeeze(2);  // [B, Nm]
  return ScorerTerm{
      "ranking",
      RankingLoss(AtLeastFloat32(scores), AtLeastFloat32(patch_loss)), weight_,
      scores};
}

std::shared_ptr<torch::nn::Module> LossPredictor::module() const {
  return module_;
}

void LossPredictor::AfterOptimizerStep(const RunPosition& at) {
  average_.Follow(at, decoder_->parameters(), teacher_->parameters());
}

vit::Cost LossPredictor::CostOf(int64_t images, int64_t num_visible) const {
  return learns_->CostOf(sizes_, num_visible) * images +
         (scores_->CostOf(sizes_, sizes_.grid.size()) * images)
             .WithoutGradient();
}

}  // namespace caldera::ssl
