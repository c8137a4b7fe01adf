// From a spec to the target that it names.
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
  std::optional<vit::EncoderSpec> teacher;  // none: the method has none
  bool teacher_sees_whole = false;          // else the visible patches alone
  bool norm_pix_loss = true;
};

// A target of ssl/variants.
using CustomTarget = CustomPart<Target, TargetOptions>;

// Errors: InvalidArgument whose text begins with the field's path in
// TargetSpec.
absl::StatusOr<std::unique_ptr<Target>> MakeTarget(
    const TargetSpec& spec, const TargetOptions& options);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_MAKE_TARGET_H_
