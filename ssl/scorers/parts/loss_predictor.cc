// HPM's scores: a second decoder predicts how hard each patch will be to
// reconstruct. It learns to rank the losses of the removed patches. A moving
// average of it computes the scores, from the tokens of the full image by the
// encoder's moving average.
//
// The encoder's average is the method's teacher; both averages have its
// momentum, so that scores come from an encoder and a decoder of the same age.
// The ranking's gradient reaches the encoder. Both are as in the authors' code,
// whose one average is of the complete model.
//
// Source: Wang et al., Hard Patches Mining for Masked Image Modeling, CVPR
// 2023; Haochen-Wang409/HPM, models_mae_learn_loss.py and engine_pretrain.py.
// In the authors' code the two decoders share the embedding and the mask token,
// the average of p*p*C outputs is the prediction, and log(sigmoid + 1e-6)
// replaces the log; here the decoders are separate, there is one output, and
// the log is exact. Their mean over pairs is taken over the batch, ours over
// each image: both agree unless there are ties.
#include "ssl/scorers/parts/loss_predictor.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/softplus.h>
#include <glog/logging.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/scorers/patch_scorer.h"
#include "ssl/teachers/moving_average.h"
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/initialization.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

class LossPredictor : public PatchScorer {
 public:
  using Plan = std::unique_ptr<vit::DecoderPlan>;

  // learns: for the removed patches only; scores: the same for all patches.
  // momentum: of the average.
  LossPredictor(const LossPredictorSpec& spec, Schedule momentum, Plan learns,
                Plan scores, const vit::DecoderSizes& sizes)
      : weight_(spec.weight()),
        average_(std::move(momentum)),
        learns_(std::move(learns)),
        scores_(std::move(scores)),
        sizes_(sizes) {
    sizes_.target_dim = 1;
  }

  void Build(uint64_t seed) override;
  at::Tensor Score(const TeacherOutput& teacher) const override;
  std::optional<ScorerTerm> Learn(const at::Tensor& latent, const Mask& mask,
                                  const at::Tensor& patch_loss) const override;
  bool predicts_losses() const override { return true; }
  // The module holds "decoder", which learns, and "teacher", its average.
  std::shared_ptr<torch::nn::Module> module() const override { return module_; }
  void AfterOptimizerStep(const RunPosition& at) override;
  vit::Cost CostOf(int64_t images, int64_t num_visible) const override;

 private:
  double weight_;
  MovingAverage average_;
  Plan learns_, scores_;
  vit::DecoderSizes sizes_;
  std::shared_ptr<torch::nn::Module> module_;
  std::shared_ptr<vit::Decoder> decoder_, teacher_;
};

void LossPredictor::Build(uint64_t seed) {
  module_ = std::make_shared<torch::nn::Module>();
  decoder_ = module_->register_module("decoder", learns_->Build(sizes_));
  teacher_ = module_->register_module("teacher", scores_->Build(sizes_));
  // Another seed makes its weights differ from the reconstructing decoder's.
  vit::InitializeVit(*decoder_, seed + 1);
  const absl::Status copied = vit::LoadStateDict(
      *teacher_, vit::GetStateDict(*decoder_), "the decoder");
  CHECK(copied.ok()) << copied;
  for (const at::Tensor& parameter : teacher_->parameters()) {
    parameter.set_requires_grad(false);
  }
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

void LossPredictor::AfterOptimizerStep(const RunPosition& at) {
  average_.Follow(at, decoder_->parameters(), teacher_->parameters());
}

vit::Cost LossPredictor::CostOf(int64_t images, int64_t num_visible) const {
  return learns_->CostOf(sizes_, num_visible) * images +
         (scores_->CostOf(sizes_, sizes_.grid.size()) * images)
             .WithoutGradient();
}

const bool kLossPredictor = PatchScorerPart::Register<LossPredictorSpec>(
    {"loss_predictor", "A second decoder ranks the patches' losses (HPM)."},
    [](const LossPredictorSpec& spec,
       const ScorerOptions& options) -> PatchScorerPart::Result {
      if (!options.teacher_reads_full_image ||
          !options.teacher_momentum.has_value()) {
        return absl::InvalidArgumentError(
            ": needs a moving average of the encoder that reads the full "
            "image; write mae { teacher { input: WHOLE ema {} } }");
      }
      vit::DecoderSpec decoder = options.decoder;
      decoder.set_masked_only(true);
      ASSIGN_OR_RETURN(auto learns, vit::PlanDecoder(decoder));
      decoder.set_masked_only(false);
      ASSIGN_OR_RETURN(auto scores, vit::PlanDecoder(decoder));
      if (!scores->takes_every_patch()) {
        return absl::InvalidArgumentError(absl::StrCat(
            ": copies the kind of mae.decoder, but ", vit::DecoderKind(decoder),
            " predicts nothing for visible patches; use ",
            vit::DecoderKindsThat(&vit::DecoderPlan::takes_every_patch)));
      }
      return std::make_unique<LossPredictor>(
          spec,
          NamesShape(spec.momentum()) ? spec.momentum()
                                      : *options.teacher_momentum,
          std::move(learns), std::move(scores), options.sizes);
    },
    [](const LossPredictorSpec& spec) {
      return base::Within("momentum", CheckRange(spec.momentum(), 0, 1));
    });

}  // namespace

at::Tensor RankingLoss(const at::Tensor& scores, const at::Tensor& losses) {
  const at::Tensor l = losses.detach();
  const at::Tensor harder =
      (l.unsqueeze(2) > l.unsqueeze(1)).to(scores.scalar_type());  // [B, M, M]
  const at::Tensor cost =
      at::softplus(scores.unsqueeze(1) - scores.unsqueeze(2));
  return ((cost * harder).sum({1, 2}) / harder.sum({1, 2}).clamp_min(1)).mean();
}

}  // namespace caldera::ssl
