#include "ssl/targets/make_target.h"

#include <utility>

#include "base/field_path.h"
#include "ssl/targets/cluster_target.h"
#include "ssl/targets/hog_target.h"
#include "ssl/targets/pixel_target.h"
#include "ssl/targets/position_target.h"
#include "ssl/targets/teacher_feature_target.h"
#include "vit/grid.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<Target>> MakeTarget(
    const TargetSpec& spec, const TargetOptions& options) {
  if (spec.has_teacher_features()) {
    if (!options.teacher.has_value() || !options.teacher_sees_whole) {
      return absl::InvalidArgumentError(
          "teacher_features: needs a teacher that sees the whole image; write "
          "mae { teacher { input: WHOLE ema {} } }");
    }
    const absl::Status valid =
        base::Within("teacher_features",
                     Validate(spec.teacher_features(), *options.teacher));
    if (!valid.ok()) return valid;
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
