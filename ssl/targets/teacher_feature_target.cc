#include "ssl/targets/teacher_feature_target.h"

#include <ATen/ops/layer_norm.h>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {

absl::Status Validate(const TeacherFeatureTargetSpec& spec,
                      const vit::EncoderSpec& teacher) {
  const int depth = teacher.depth();
  if (!spec.has_block() || (spec.block() >= -depth && spec.block() < depth)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "block: block ", spec.block(), " does not exist in a teacher of ", depth,
      " blocks (0 to ", depth - 1, ", or -1 to ", -depth, ")"));
}

TeacherFeatureTarget::TeacherFeatureTarget(const TeacherFeatureTargetSpec& spec,
                                           const vit::EncoderSpec& teacher)
    : spec_(spec),
      dim_(teacher.embed_dim()),
      block_(spec.block() < 0 ? spec.block() + teacher.depth() : spec.block()) {
}

std::set<int64_t> TeacherFeatureTarget::teacher_taps() const {
  if (!spec_.has_block()) return {};
  return {block_};
}

TargetOutput TeacherFeatureTarget::Compute(const at::Tensor& /*images*/,
                                           const TeacherOutput* teacher) const {
  const at::Tensor& tokens =
      spec_.has_block() ? teacher->taps.at(block_) : teacher->tokens;
  at::Tensor values = tokens.slice(1, 1);  // [B, N, Dt], without CLS
  if (spec_.layer_norm()) values = at::layer_norm(values, {dim_});
  return {values, {}};
}

}  // namespace caldera::ssl
