// Predicts a teacher's features of each patch, [B, N, Dt] (data2vec, MaskFeat
// and others).
#include <ATen/ops/layer_norm.h>

#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/targets/target.h"

namespace caldera::ssl {
namespace {

class TeacherFeatureTarget : public Target {
 public:
  // spec: one that Check accepts.
  TeacherFeatureTarget(const TeacherFeatureTargetSpec& spec,
                       const vit::EncoderSpec& teacher);

  int64_t dim() const override { return dim_; }
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* teacher) const override;
  bool reads_teacher() const override { return true; }
  std::set<int64_t> teacher_taps() const override;

 private:
  TeacherFeatureTargetSpec spec_;
  int64_t dim_, block_;
};

// The error begins with the field.
absl::Status Check(const TeacherFeatureTargetSpec& spec,
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
  at::Tensor values = tokens.slice(1, teacher->prefix);  // [B, N, Dt]
  if (spec_.layer_norm()) values = at::layer_norm(values, {dim_});
  return {values, {}};
}

const bool kTeacherFeatures = TargetPart::Register<TeacherFeatureTargetSpec>(
    {"teacher_features", "The teacher's token of the patch."},
    [](const TeacherFeatureTargetSpec& spec,
       const TargetOptions& options) -> TargetPart::Result {
      if (!options.teacher.has_value() || !options.teacher_reads_full_image) {
        return absl::InvalidArgumentError(
            ": needs a teacher that reads the full image; write mae { teacher "
            "{ input: WHOLE ema {} } }");
      }
      RETURN_IF_ERROR(Check(spec, *options.teacher));
      return std::make_unique<TeacherFeatureTarget>(spec, *options.teacher);
    });

}  // namespace
}  // namespace caldera::ssl
