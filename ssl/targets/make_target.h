// Makes the target that a spec names.
//
//   auto target = MakeTarget(spec.mae().target(), options);
#ifndef CALDERA_SSL_TARGETS_MAKE_TARGET_H_
#define CALDERA_SSL_TARGETS_MAKE_TARGET_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "ssl/custom/custom_part.h"
#include "ssl/targets/target.h"
#include "ssl/targets/target.pb.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

struct TargetOptions {
  vit::EncoderSpec encoder;                 // the student's
  std::optional<vit::EncoderSpec> teacher;  // none: the method has no teacher
  // True if the teacher reads the full image.
  bool teacher_reads_full_image = false;
  bool norm_pix_loss = true;
};

// Registers a target of ssl/variants.
using CustomTarget = CustomPart<Target, TargetOptions>;

// Returns InvalidArgument, whose text begins with the field's path in
// TargetSpec, if an option is out of range or the teacher does not fit.
absl::StatusOr<std::unique_ptr<Target>> MakeTarget(
    const TargetSpec& spec, const TargetOptions& options);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_MAKE_TARGET_H_
