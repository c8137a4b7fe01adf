// HPM's scores: a second decoder predicts how hard each patch will be to
// reconstruct. It learns to rank the losses of the removed patches. A moving
// average of it computes the scores, from the tokens of the full image by the
// encoder's moving average.
//
//   auto scorer = LossPredictor::Create(spec, decoder, sizes, seed);
//   at::Tensor scores = (*scorer)->Score(teacher);           // [B, N]
//   auto term = (*scorer)->Learn(latent, mask, patch_loss);  // "ranking"
//
// The encoder's average is the method's teacher. The ranking's gradient reaches
// the encoder, as in the authors' code.
//
// Source: Wang et al., Hard Patches Mining for Masked Image Modeling, CVPR
// 2023; Haochen-Wang409/HPM, models_mae_learn_loss.py and engine_pretrain.py.
// In the authors' code the two decoders share the embedding and the mask token,
// the average of p*p*C outputs is the prediction, and log(sigmoid + 1e-6)
// replaces the log; here the decoders are separate, there is one output, and
// the log is exact. Their mean over pairs is taken over the batch, ours over
// each image: both agree unless there are ties.
#ifndef CALDERA_SSL_SCORERS_LOSS_PREDICTOR_H_
#define CALDERA_SSL_SCORERS_LOSS_PREDICTOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "ssl/scorers/patch_scorer.h"
#include "ssl/scorers/scorer.pb.h"
#include "ssl/teachers/moving_average.h"
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Returns the mean of -log sigmoid(s_i - s_j) over the pairs of an image with
// l_i > l_j, and over images, for scores, losses [B, M]; an image whose losses
// are all equal has 0. Only the scores receive a gradient.
at::Tensor RankingLoss(const at::Tensor& scores, const at::Tensor& losses);

class LossPredictor : public PatchScorer {
 public:
  // decoder: the method's, which can predict every patch; sizes: the method's,
  // whose target_dim is ignored. seed: initialises the weights. Returns
  // InvalidArgument, beginning with the field of LossPredictorSpec, if an
  // option is out of range.
  static absl::StatusOr<std::unique_ptr<LossPredictor>> Create(
      const LossPredictorSpec& spec, const vit::DecoderSpec& decoder,
      const vit::DecoderSizes& sizes, uint64_t seed);

  at::Tensor Score(const TeacherOutput& teacher) const override;
  std::optional<ScorerTerm> Learn(const at::Tensor& latent, const Mask& mask,
                                  const at::Tensor& patch_loss) const override;
  bool predicts_losses() const override { return true; }
  // The module holds "decoder", which learns, and "teacher", its average.
  std::shared_ptr<torch::nn::Module> module() const override;
  void AfterOptimizerStep(const RunPosition& at) override;
  vit::Cost CostOf(int64_t images, int64_t num_visible) const override;

 private:
  LossPredictor(double weight, MovingAverage average)
      : weight_(weight), average_(std::move(average)) {}

  double weight_;
  MovingAverage average_;
  // Of the decoder of removed patches, and of the one of all patches.
  std::unique_ptr<vit::DecoderPlan> learns_, scores_;
  vit::DecoderSizes sizes_;
  std::shared_ptr<torch::nn::Module> module_;
  std::shared_ptr<vit::Decoder> decoder_, teacher_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCORERS_LOSS_PREDICTOR_H_
