#ifndef CALDERA_SSL_TARGETS_TEACHER_FEATURE_TARGET_H_
#define CALDERA_SSL_TARGETS_TEACHER_FEATURE_TARGET_H_

// Predict what a teacher makes of each patch (data2vec, MaskFeat and others).
//
//   TeacherFeatureTarget target(spec, teacher_spec);
//   at::Tensor values = target.Compute(images, &seen).values;  // [B, N, Dt]

#include <cstdint>
#include <set>

#include "absl/status/status.h"
#include "ssl/targets/target.h"
#include "ssl/targets/target.pb.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

class TeacherFeatureTarget : public Target {
 public:
  // A spec that Validate accepts.
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

// InvalidArgument, beginning with the field, for a block that is not there.
absl::Status Validate(const TeacherFeatureTargetSpec& spec,
                      const vit::EncoderSpec& teacher);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_TEACHER_FEATURE_TARGET_H_
