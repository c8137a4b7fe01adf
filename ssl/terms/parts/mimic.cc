// MR-MAE's term: the tokens of the visible patches, after the final norm and
// projected, must match a teacher's tokens of the same patches.
//
// The tokens of a teacher that reads the full image (`input: WHOLE`) depend on
// the hidden patches too, as in the paper; a teacher that reads only the
// visible patches also works. The decoder does not take part in this term.
//
// Source: Gao et al., Mimic before Reconstruct: Enhancing Masked Autoencoders
// with Feature Mimicking, arXiv 2303.05475.
#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/mse_loss.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

#include "ssl/losses/at_least_float32.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {
namespace {

// Projects from the student's width to the teacher's.
class MimicProjection : public torch::nn::Module {
 public:
  MimicProjection(int64_t from, int64_t to)
      : fc_(register_module("fc", std::make_shared<vit::Linear>(from, to))) {}
  at::Tensor forward(const at::Tensor& x) { return fc_->forward(x); }

 private:
  std::shared_ptr<vit::Linear> fc_;
};

class MimicLoss : public AuxiliaryLoss {
 public:
  MimicLoss(const MimicSpec& spec, const ModelSizes& sizes)
      : spec_(spec),
        width_(sizes.encoder.embed_dim()),
        teacher_width_(sizes.teacher->embed_dim()) {}

  std::string name() const override { return "mimic"; }
  ContextRequest request() const override;
  void Build(uint64_t seed, const magma::Exchange& /*exchange*/) override {
    projection_ = std::make_shared<MimicProjection>(width_, teacher_width_);
    vit::InitializeVit(*projection_, seed);
  }
  // Returns the mean of squared differences over visible patches and the
  // teacher's features.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;
  std::shared_ptr<torch::nn::Module> module() const override {
    return projection_;
  }

 private:
  MimicSpec spec_;
  int64_t width_, teacher_width_;
  std::shared_ptr<MimicProjection> projection_;
};

ContextRequest MimicLoss::request() const {
  ContextRequest request;
  request.latent = true;
  request.mask = true;
  request.teacher_tokens = true;
  return request;
}

AuxiliaryOutput MimicLoss::Compute(const StepContext& context,
                                   bool /*with_diagnostics*/) {
  const at::Tensor visible =
      context.latent.slice(1, context.prefix);  // [B, Nv, D]
  at::Tensor teacher = context.teacher_tokens.slice(1, context.teacher_prefix);
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
  const int64_t patches = sizes.rows * (sizes.tokens - sizes.prefix);
  vit::Cost cost = vit::ProductCost(patches, sizes.width, teacher_width_);
  cost.activations = patches * (sizes.width + 2 * teacher_width_);
  return with_gradient ? cost : cost.WithoutGradient();
}

const bool kMimic = AuxiliaryLossPart::Register<MimicSpec>(
    {"mimic", "Visible tokens must match a teacher's (MR-MAE)."},
    [](const MimicSpec& spec,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (!sizes.teacher.has_value()) {
        return absl::InvalidArgumentError(
            ": the method has no teacher; name one in mae { teacher { input: "
            "WHOLE frozen { encoder: \"...\" } } }");
      }
      if (sizes.teacher_input == ModelSizes::TeacherInput::kMasked) {
        return absl::InvalidArgumentError(
            ": reads the visible patches, but mae.teacher.input: MASKED reads "
            "the others; set input: WHOLE");
      }
      return std::make_unique<MimicLoss>(spec, sizes);
    });

}  // namespace
}  // namespace caldera::ssl
