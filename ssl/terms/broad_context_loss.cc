#include "ssl/terms/broad_context_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cosine_similarity.h>
#include <torch/nn/module.h>

#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/losses/projector.h"
#include "ssl/schedule/schedule_range.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

// The head keeps no running statistics: a term may be computed twice in a step
// if its diagnostics come from a replayed graph.
std::shared_ptr<Projector> MakeHead(int64_t from, int64_t hidden, int64_t to,
                                    uint64_t seed) {
  return std::make_shared<Projector>(std::vector<int64_t>{from, hidden, to},
                                     /*batch_norm=*/true, seed,
                                     /*keep_statistics=*/false);
}

absl::Status Check(const BroadContextSpec& spec, const ModelSizes& sizes) {
  if (!sizes.teacher.has_value() || !sizes.teacher_is_ema ||
      sizes.teacher_input != ModelSizes::TeacherInput::kWhole) {
    return absl::InvalidArgumentError(
        "broad_context: needs a moving average of the encoder that reads the "
        "full image; write mae { teacher { input: WHOLE ema {} } }");
  }
  if (sizes.images < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "broad_context: its BatchNorm compares the images of a batch, but "
        "train.batch_size and train.accumulate_steps give microbatches of ",
        sizes.images, "; use microbatches of 2 or more"));
  }
  return base::FieldCheck()
      .AtLeast("broad_context.hidden_dim", spec.hidden_dim(), 1)
      .AtLeast("broad_context.output_dim", spec.output_dim(), 0,
               "0 is the encoder's width")
      .And(base::Within("broad_context.momentum",
                        CheckRange(spec.momentum(), 0, 1)))
      .status();
}

}  // namespace

class BroadContextHeads : public torch::nn::Module {
 public:
  BroadContextHeads(int64_t from, int64_t hidden, int64_t to, uint64_t seed)
      : head_(register_module("head", MakeHead(from, hidden, to, seed))),
        // Another seed makes its weights differ from the head's.
        predictor_(
            register_module("predictor", MakeHead(to, hidden, to, seed + 1))),
        // The same sizes and seed make it begin as a copy of the head.
        teacher_(register_module("teacher", MakeHead(from, hidden, to, seed))) {
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

at::Tensor AngularDistance(const at::Tensor& a, const at::Tensor& b) {
  return 2 - 2 * at::cosine_similarity(a, b, /*dim=*/1).mean();
}

absl::StatusOr<std::unique_ptr<BroadContextLoss>> BroadContextLoss::Create(
    const BroadContextSpec& spec, const ModelSizes& sizes, uint64_t seed) {
  RETURN_IF_ERROR(Check(spec, sizes));
  auto loss = absl::WrapUnique(new BroadContextLoss(
      sizes.num_masks, MovingAverage(MomentumOrByol(spec.momentum()))));
  const int64_t width = sizes.encoder.embed_dim();
  const int64_t out = spec.output_dim() == 0 ? width : spec.output_dim();
  loss->heads_ =
      std::make_shared<BroadContextHeads>(width, spec.hidden_dim(), out, seed);
  return loss;
}

ContextRequest BroadContextLoss::request() const {
  ContextRequest request;
  request.latent = true;
  request.teacher_tokens = true;
  return request;
}

AuxiliaryOutput BroadContextLoss::Compute(const StepContext& context,
                                          bool /*with_diagnostics*/) {
  const int64_t k = num_masks_;
  const at::Tensor visible = context.gather(
      AtLeastFloat32(Pool(context.latent, eval::EvalSpec::MEAN)));
  const int64_t rows = visible.size(0);  // [B*K, D]
  at::Tensor full_image;                 // [B, D']
  {
    const at::NoGradGuard no_grad;
    // The teacher's tokens are repeated for each mask of an image.
    const at::Tensor tokens =
        context.teacher_tokens.slice(0, 0, context.teacher_tokens.size(0), k);
    full_image = heads_->teacher().forward(
        context.gather(AtLeastFloat32(Pool(tokens, eval::EvalSpec::MEAN))));
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

vit::Cost BroadContextLoss::CostOf(const ContextSizes& sizes,
                                   bool with_gradient) const {
  const vit::Cost student = heads_->head().CostOf(sizes.rows) +
                            heads_->predictor().CostOf(sizes.rows);
  const vit::Cost teacher = heads_->teacher().CostOf(sizes.rows / num_masks_);
  return teacher.WithoutGradient() +
         (with_gradient ? student : student.WithoutGradient());
}

std::shared_ptr<torch::nn::Module> BroadContextLoss::module() const {
  return heads_;
}

void BroadContextLoss::AfterOptimizerStep(const RunPosition& at) {
  average_.Follow(at, heads_->head().parameters(),
                  heads_->teacher().parameters());
}

}  // namespace caldera::ssl
