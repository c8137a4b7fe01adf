#include "ssl/targets/make_target.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/layer_norm.h>

#include <cstdint>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/targets/cluster_target.h"
#include "ssl/targets/hog_target.h"
#include "ssl/targets/pixel_target.h"
#include "ssl/targets/target.h"
#include "ssl/targets/target.pb.h"
#include "vit/grid.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {
namespace {

// MP3's target: the place of each patch in the image, int64 [B, N] = 0, 1, ...,
// N - 1, for an encoder that is not given positions.
// Source: Zhai et al., Position Prediction as an Effective Pretraining
// Strategy, ICML 2022, section 3.
class PositionTarget : public Target {
 public:
  explicit PositionTarget(const vit::Grid& grid) : num_patches_(grid.size()) {}

  int64_t dim() const override { return num_patches_; }
  bool gives_ids() const override { return true; }
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* teacher) const override;

 private:
  int64_t num_patches_;
};

TargetOutput PositionTarget::Compute(const at::Tensor& images,
                                     const TeacherOutput* /*teacher*/) const {
  const at::Tensor places =
      at::arange(num_patches_, images.options().dtype(at::kLong));
  return {places.expand({images.size(0), -1}), {}};  // [B, N]
}

// Predicts a teacher's features of each patch, [B, N, Dt] (data2vec, MaskFeat
// and others).
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
  at::Tensor values = tokens.slice(1, 1);  // [B, N, Dt], without CLS
  if (spec_.layer_norm()) values = at::layer_norm(values, {dim_});
  return {values, {}};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Target>> MakeTarget(
    const TargetSpec& spec, const TargetOptions& options) {
  if (spec.has_teacher_features()) {
    if (!options.teacher.has_value() || !options.teacher_reads_full_image) {
      return absl::InvalidArgumentError(
          "teacher_features: needs a teacher that reads the full image; write "
          "mae { teacher { input: WHOLE ema {} } }");
    }
    RETURN_IF_ERROR(base::Within(
        "teacher_features", Check(spec.teacher_features(), *options.teacher)));
    return std::make_unique<TeacherFeatureTarget>(spec.teacher_features(),
                                                  *options.teacher);
  }
  if (spec.has_clusters()) {
    return base::Within("clusters",
                        ClusterTarget::Create(spec.clusters(), options.encoder,
                                              options.norm_pix_loss));
  }
  if (spec.has_hog()) {
    return base::Within("hog", HogTarget::Create(spec.hog(), options.encoder));
  }
  if (spec.has_positions()) {
    return std::make_unique<PositionTarget>(vit::GridOf(options.encoder));
  }
  if (spec.has_custom()) {
    return base::Within("custom", CustomTarget::Create(spec.custom(), options));
  }
  return std::make_unique<PixelTarget>(options.encoder.patch_size(),
                                       options.encoder.channels(),
                                       options.norm_pix_loss);
}

}  // namespace caldera::ssl
