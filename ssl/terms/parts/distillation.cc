// DMAE's term: the projected tokens of a student's block must match those of a
// teacher's block (Bai et al., CVPR 2023). DMAE is a masked autoencoder with a
// frozen teacher on the same visible patches and this term.
//
// The projection's parameters are trained with the method's.
#include "ssl/terms/parts/distillation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {
namespace {

at::Tensor Prepared(const at::Tensor& x, bool normalize) {
  const at::Tensor wide = AtLeastFloat32(x);
  if (!normalize) return wide;
  const at::Tensor norm =
      at::linalg_vector_norm(wide, 2, at::IntArrayRef{-1}, /*keepdim=*/true);
  return wide / norm.clamp_min(1e-12);
}

class DistillationProjection : public torch::nn::Module {
 public:
  DistillationProjection(int64_t from, int64_t to, bool two_layers) {
    fc1_ = register_module("fc1", std::make_shared<vit::Linear>(from, to));
    if (two_layers) {
      fc2_ = register_module("fc2", std::make_shared<vit::Linear>(to, to));
    }
  }
  // [B, N, D] -> [B, N, Dt]
  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor y = fc1_->forward(x);
    return fc2_ == nullptr ? y : fc2_->forward(at::gelu(y));
  }

 private:
  std::shared_ptr<vit::Linear> fc1_, fc2_;  // fc2_: null for one layer
};

// Returns the block that a field names, or the default block at three quarters
// of `depth`.
absl::StatusOr<int64_t> Block(absl::string_view field, bool given,
                              int64_t block, int64_t depth) {
  if (!given) return std::max<int64_t>(0, depth * 3 / 4 - 1);
  const int64_t resolved = block < 0 ? block + depth : block;
  if (resolved >= 0 && resolved < depth) return resolved;
  return absl::InvalidArgumentError(absl::StrCat(
      field, ": block ", block, " does not exist in an encoder of ", depth,
      " blocks (0 to ", depth - 1, ", or -1 to ", -depth, ")"));
}

class DistillationLoss : public AuxiliaryLoss {
 public:
  DistillationLoss(const DistillationSpec& spec, int64_t student_block,
                   int64_t teacher_block, int64_t from, int64_t to)
      : spec_(spec),
        student_block_(student_block),
        teacher_block_(teacher_block),
        from_(from),
        to_(to) {}

  std::string name() const override { return "distillation"; }
  ContextRequest request() const override {
    ContextRequest request;
    request.tap_tokens = {student_block_};
    request.teacher_taps = {teacher_block_};
    return request;
  }
  void Build(uint64_t seed, const magma::Exchange& /*exchange*/) override {
    if (spec_.projection() == DistillationSpec::NONE) return;
    projection_ =
        std::make_shared<DistillationProjection>(from_, to_, two_layers());
    vit::InitializeVit(*projection_, seed);
  }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    // The CLS token is compared if both have one.
    const int64_t shared = std::min(context.prefix, context.teacher_prefix);
    at::Tensor student =  // [B, shared + Nv, D]
        context.tap_tokens.at(student_block_).slice(1, context.prefix - shared);
    if (projection_ != nullptr) student = projection_->forward(student);
    const at::Tensor teacher = context.teacher_taps.at(teacher_block_)
                                   .slice(1, context.teacher_prefix - shared);
    return {FeatureDistillation(student, teacher, spec_.distance(),
                                spec_.normalize()),
            {}};
  }
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override {
    if (spec_.projection() == DistillationSpec::NONE) return {};
    const int64_t tokens = sizes.rows * sizes.tokens;
    vit::Cost cost = vit::ProductCost(tokens, from_, to_);
    cost.activations = 2 * tokens * to_;
    if (two_layers()) {
      cost += vit::ProductCost(tokens, to_, to_);
      cost.activations += 2 * tokens * to_;
    }
    return with_gradient ? cost : cost.WithoutGradient();
  }
  std::shared_ptr<torch::nn::Module> module() const override {
    return projection_;
  }

 private:
  bool two_layers() const {
    return spec_.projection() == DistillationSpec::LINEAR_GELU_LINEAR;
  }

  DistillationSpec spec_;
  int64_t student_block_, teacher_block_;
  int64_t from_, to_;  // the widths of student and teacher
  std::shared_ptr<DistillationProjection> projection_;  // null: none
};

const bool kDistillation = AuxiliaryLossPart::Register<DistillationSpec>(
    {"distillation", "A block must match a teacher's block (DMAE)."},
    [](const DistillationSpec& spec,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (!sizes.teacher.has_value()) {
        return absl::InvalidArgumentError(
            "teacher_block: the method has no teacher; name one in mae { "
            "teacher "
            "{ frozen { encoder: \"...\" } } }");
      }
      if (sizes.teacher_input != ModelSizes::TeacherInput::kVisible) {
        return absl::InvalidArgumentError(
            "teacher_block: is compared token by token, so the teacher must "
            "read "
            "the student's patches; set mae { teacher { input: VISIBLE } }");
      }
      ASSIGN_OR_RETURN(const int64_t student_block,
                       Block("student_block", spec.has_student_block(),
                             spec.student_block(), sizes.encoder.depth()));
      ASSIGN_OR_RETURN(const int64_t teacher_block,
                       Block("teacher_block", spec.has_teacher_block(),
                             spec.teacher_block(), sizes.teacher->depth()));
      const int64_t from = sizes.encoder.embed_dim();
      const int64_t to = sizes.teacher->embed_dim();
      if (spec.projection() == DistillationSpec::NONE && from != to) {
        return absl::InvalidArgumentError(
            absl::StrCat("projection: NONE, but the student has ", from,
                         " features and the teacher ", to, "; use LINEAR"));
      }
      return std::make_unique<DistillationLoss>(spec, student_block,
                                                teacher_block, from, to);
    });

}  // namespace

at::Tensor FeatureDistillation(const at::Tensor& student,
                               const at::Tensor& teacher,
                               DistillationSpec::Distance distance,
                               bool normalize) {
  // The losses below would broadcast different shapes.
  TORCH_CHECK(student.dim() >= 1 && student.sizes() == teacher.sizes(),
              "FeatureDistillation: the student's features are ",
              student.sizes(), ", the teacher's ", teacher.sizes());
  const bool unit = normalize || distance == DistillationSpec::COSINE;
  const at::Tensor s = Prepared(student, unit);
  const at::Tensor t = Prepared(teacher.detach(), unit);
  switch (distance) {
    case DistillationSpec::L1:
      return at::l1_loss(s, t);
    case DistillationSpec::SMOOTH_L1:
      return at::smooth_l1_loss(s, t);
    case DistillationSpec::COSINE:
      return 1 - (s * t).sum(-1).mean();
  }
  TORCH_CHECK(false, "FeatureDistillation: no such distance");
}

}  // namespace caldera::ssl
