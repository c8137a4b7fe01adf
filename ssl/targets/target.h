#ifndef CALDERA_SSL_TARGETS_TARGET_H_
#define CALDERA_SSL_TARGETS_TARGET_H_

// The seam for prediction targets.
//
//   TargetOutput target = target.Compute(images, teacher_output);
//   loss.Compute(prediction, target.values, weight);
//
// To add one: a message in target.proto, a class in its own file, a case in
// make_target.cc.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <set>

#include "ssl/teachers/teacher.h"

namespace caldera::ssl {

struct TargetOutput {
  at::Tensor values;  // [B, N, T], or ids int64 [B, N]; image order
  at::Tensor weight;  // [B, N], joins the mask's; undefined: all 1
};

class Target {
 public:
  virtual ~Target() = default;

  // T: how many numbers a decoder predicts for a patch.
  virtual int64_t dim() const = 0;

  // images [B, C, H, W]; teacher: what it saw of the whole images, or null
  // where the method has none.
  virtual TargetOutput Compute(const at::Tensor& images,
                               const TeacherOutput* teacher) const = 0;

  // Whether Compute reads the teacher, and which of its blocks.
  virtual bool reads_teacher() const { return false; }
  virtual std::set<int64_t> teacher_taps() const { return {}; }

  // A prediction [B, N, T] as pixels [B, C, H, W], for pictures; nothing for
  // targets that are no pixels.
  virtual std::optional<at::Tensor> ToImages(
      const at::Tensor& /*prediction*/, const at::Tensor& /*images*/) const {
    return std::nullopt;
  }
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_TARGET_H_
