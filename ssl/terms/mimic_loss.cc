#include "ssl/terms/mimic_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/mse_loss.h>
#include <torch/nn/module.h>

#include "absl/memory/memory.h"
#include "ssl/losses/at_least_float32.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {

// Projects from the student's width to the teacher's.
class MimicProjection : public torch::nn::Module {
 public:
  MimicProjection(int64_t from, int64_t to)
      : fc_(register_module("fc", std::make_shared<vit::Linear>(from, to))) {}
  at::Tensor forward(const at::Tensor& x) { return fc_->forward(x); }

 private:
  std::shared_ptr<vit::Linear> fc_;
};

absl::StatusOr<std::unique_ptr<MimicLoss>> MimicLoss::Create(
    const MimicSpec& spec, const ModelSizes& sizes, uint64_t seed) {
  if (!sizes.teacher.has_value()) {
    return absl::InvalidArgumentError(
        "mimic: the method has no teacher; name one in mae { teacher { input: "
        "WHOLE frozen { encoder: \"...\" } } }");
  }
  if (sizes.teacher_input == ModelSizes::TeacherInput::kMasked) {
    return absl::InvalidArgumentError(
        "mimic: reads the visible patches, but mae.teacher.input: MASKED reads "
        "the others; set input: WHOLE");
  }
  auto loss = absl::WrapUnique(new MimicLoss(spec));
  loss->teacher_width_ = sizes.teacher->embed_dim();
  loss->projection_ = std::make_shared<MimicProjection>(
      sizes.encoder.embed_dim(), loss->teacher_width_);
  vit::InitializeVit(*loss->projection_, seed);
  return loss;
}

ContextRequest MimicLoss::request() const {
  ContextRequest request;
  request.latent = true;
  request.mask = true;
  request.teacher_tokens = true;
  return request;
}

AuxiliaryOutput MimicLoss::Compute(const StepContext& context,
                                   bool /*with_diagnostics*/) {
  const at::Tensor visible = context.latent.slice(1, 1);  // [B, Nv, D]
  at::Tensor teacher = context.teacher_tokens.slice(1, 1);
  if (teacher.size(1) != visible.size(1)) {  // full image: [B, N, Dt]
    teacher = vit::GatherRows(teacher, context.mask.ids_keep);
  }
  const at::Tensor student =
      AtLeastFloat32(projection_->forward(visible));  // [B, Nv, Dt]
  teacher = AtLeastFloat32(teacher.detach());
  if (spec_.layer_norm()) {
    teacher = at::layer_norm(teacher, {teacher_width_});
  }
  return {at::mse_loss(student, teacher), {}};
}

vit::Cost MimicLoss::CostOf(const ContextSizes& sizes,
                            bool with_gradient) const {
  const int64_t patches = sizes.rows * (sizes.tokens - 1);
  vit::Cost cost = vit::ProductCost(patches, sizes.width, teacher_width_);
  cost.activations = patches * (sizes.width + 2 * teacher_width_);
  return with_gradient ? cost : cost.WithoutGradient();
}

std::shared_ptr<torch::nn::Module> MimicLoss::module() const {
  return projection_;
}

}  // namespace caldera::ssl
