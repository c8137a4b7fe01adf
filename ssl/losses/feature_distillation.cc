#include "ssl/losses/feature_distillation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/smooth_l1_loss.h>

#include "ssl/losses/wide.h"

namespace caldera::ssl {
namespace {

at::Tensor Prepared(const at::Tensor& x, bool normalize) {
  const at::Tensor wide = Wide(x);
  if (!normalize) return wide;
  const at::Tensor norm =
      at::linalg_vector_norm(wide, 2, at::IntArrayRef{-1}, /*keepdim=*/true);
  return wide / norm.clamp_min(1e-12);
}

}  // namespace

at::Tensor FeatureDistillation(const at::Tensor& student,
                               const at::Tensor& teacher, DistillationKind kind,
                               bool normalize) {
  // The losses below would broadcast.
  TORCH_CHECK(student.dim() >= 1 && student.sizes() == teacher.sizes(),
              "FeatureDistillation: the student's features are ",
              student.sizes(), ", the teacher's ", teacher.sizes());
  const bool unit = normalize || kind == DistillationKind::kCosine;
  const at::Tensor s = Prepared(student, unit);
  const at::Tensor t = Prepared(teacher.detach(), unit);
  switch (kind) {
    case DistillationKind::kL1:
      return at::l1_loss(s, t);
    case DistillationKind::kSmoothL1:
      return at::smooth_l1_loss(s, t);
    case DistillationKind::kCosine:
      return 1 - (s * t).sum(-1).mean();
  }
  TORCH_CHECK(false, "FeatureDistillation: no such kind");
}

}  // namespace caldera::ssl
