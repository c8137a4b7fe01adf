// LUT's broad contextualisation: the mean of the encoder's visible patch
// tokens, projected and passed through a predictor, must point in the same
// direction as the output of a moving average of encoder and projection for the
// full image.
//
// The encoder's average is the method's teacher. Each mask of an image is
// compared with the same full image: with `masking { complement {} }` the masks
// show two disjoint parts of it.
//
// Head and predictor are Linear-BatchNorm-ReLU-Linear. Each process projects
// the full batch, so that BatchNorm uses its statistics; the masks of an image
// are projected one after another. A batch needs at least two images.
//
// Source: Kim et al., Learning with Unmasked Tokens Drives Stronger Vision
// Learners, arXiv 2310.13593; naver-ai/lut, models_lut.py and engine_lut.py.
// In the authors' code each view is a separate augmentation, is compared with
// the other view's full image, and only the first view is reconstructed; here
// both masks belong to one augmentation, and both are reconstructed. Their
// linear layers have no bias, and their average normalises by running
// statistics, ours by the batch's (BYOL).
#include "ssl/terms/parts/broad_context.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cosine_similarity.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/losses/projector.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/teachers/moving_average.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

// The head keeps no running statistics: a term may be computed twice in a step
// if its diagnostics come from a replayed graph.
std::shared_ptr<Projector> MakeHead(const std::vector<int64_t>& dims,
                                    uint64_t seed) {
  return std::make_shared<Projector>(dims, /*batch_norm=*/true, seed,
                                     /*keep_statistics=*/false);
}

class BroadContextHeads : public torch::nn::Module {
 public:
  // head, predictor: the widths of their layers.
  BroadContextHeads(const std::vector<int64_t>& head,
                    const std::vector<int64_t>& predictor, uint64_t seed)
      : head_(register_module("head", MakeHead(head, seed))),
        // Another seed makes its weights differ from the head's.
        predictor_(register_module("predictor", MakeHead(predictor, seed + 1))),
        // The same sizes and seed make it begin as a copy of the head.
        teacher_(register_module("teacher", MakeHead(head, seed))) {
    for (const at::Tensor& parameter : teacher_->parameters()) {
      parameter.set_requires_grad(false);
    }
  }

  Projector& head() { return *head_; }
  Projector& predictor() { return *predictor_; }
  Projector& teacher() { return *teacher_; }

 private:
  std::shared_ptr<Projector> head_, predictor_, teacher_;
};

class BroadContextLoss : public AuxiliaryLoss {
 public:
  BroadContextLoss(const BroadContextSpec& spec, const ModelSizes& sizes)
      : num_masks_(sizes.num_masks), average_(MomentumOrByol(spec.momentum())) {
    const int64_t width = sizes.encoder.embed_dim();
    const int64_t out = spec.output_dim() == 0 ? width : spec.output_dim();
    head_ = {width, spec.hidden_dim(), out};
    predictor_ = {out, spec.hidden_dim(), out};
  }

  std::string name() const override { return "broad_context"; }
  ContextRequest request() const override {
    ContextRequest request;
    request.latent = true;
    request.teacher_tokens = true;
    return request;
  }
  void Build(uint64_t seed, const magma::Exchange& /*exchange*/) override {
    heads_ = std::make_shared<BroadContextHeads>(head_, predictor_, seed);
  }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override {
    const vit::Cost student = Projector::CostOf(head_, true, sizes.rows) +
                              Projector::CostOf(predictor_, true, sizes.rows);
    const vit::Cost teacher =
        Projector::CostOf(head_, true, sizes.rows / num_masks_);
    return teacher.WithoutGradient() +
           (with_gradient ? student : student.WithoutGradient());
  }
  std::shared_ptr<torch::nn::Module> module() const override { return heads_; }
  void AfterOptimizerStep(const RunPosition& at) override;

 private:
  int64_t num_masks_;
  MovingAverage average_;
  std::vector<int64_t> head_, predictor_;  // widths
  std::shared_ptr<BroadContextHeads> heads_;
};

AuxiliaryOutput BroadContextLoss::Compute(const StepContext& context,
                                          bool /*with_diagnostics*/) {
  const int64_t k = num_masks_;
  const at::Tensor visible = context.gather(AtLeastFloat32(
      Pool(context.latent, eval::EvalSpec::MEAN, context.prefix)));
  const int64_t rows = visible.size(0);  // [B*K, D]
  at::Tensor full_image;                 // [B, D']
  {
    const at::NoGradGuard no_grad;
    // The teacher's tokens are repeated for each mask of an image.
    const at::Tensor tokens =
        context.teacher_tokens.slice(0, 0, context.teacher_tokens.size(0), k);
    full_image = heads_->teacher().forward(context.gather(AtLeastFloat32(
        Pool(tokens, eval::EvalSpec::MEAN, context.teacher_prefix))));
  }
  at::Tensor sum;
  for (int64_t mask = 0; mask < k; ++mask) {
    const at::Tensor z = heads_->predictor().forward(
        heads_->head().forward(visible.slice(0, mask, rows, k)));
    const at::Tensor distance = AngularDistance(z, full_image);
    sum = mask == 0 ? distance : sum + distance;
  }
  return {sum / static_cast<double>(k), {}, {}};
}

void BroadContextLoss::AfterOptimizerStep(const RunPosition& at) {
  average_.Follow(at, heads_->head().parameters(),
                  heads_->teacher().parameters());
}

const bool kBroadContext = AuxiliaryLossPart::Register<BroadContextSpec>(
    {"broad_context", "Visible patches tell of the full image (LUT)."},
    [](const BroadContextSpec& spec,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (!sizes.teacher.has_value() || !sizes.teacher_is_ema ||
          sizes.teacher_input != ModelSizes::TeacherInput::kWhole) {
        return absl::InvalidArgumentError(
            ": needs a moving average of the encoder that reads the "
            "full image; write mae { teacher { input: WHOLE ema {} } }");
      }
      if (sizes.images < 2) {
        return absl::InvalidArgumentError(absl::StrCat(
            ": its BatchNorm compares the images of a batch, but "
            "train.batch_size and train.accumulate_steps give microbatches of ",
            sizes.images, "; use microbatches of 2 or more"));
      }
      return std::make_unique<BroadContextLoss>(spec, sizes);
    },
    [](const BroadContextSpec& spec) {
      return base::Within("momentum", CheckRange(spec.momentum(), 0, 1));
    });

}  // namespace

at::Tensor AngularDistance(const at::Tensor& a, const at::Tensor& b) {
  return 2 - 2 * at::cosine_similarity(a, b, /*dim=*/1).mean();
}

}  // namespace caldera::ssl
