// The interface of teachers (target networks): encoders without gradient.
//
//   auto plan = TeacherPart::Create(spec.mae().teacher(), student.spec());
//   (*plan)->encoder().depth();                // 24, before it exists
//   auto teacher = (*plan)->Build(student);
//   TeacherOutput output = (*teacher)->Forward(images, {mask.ids_keep, {17}});
//   output.taps.at(17);  // [B, 1 + Nv, Dt], block 17's output
//
// A teacher stays in eval mode, and its parameters never require a gradient, so
// that optimizers and thread slices skip them.
//
// A new teacher is one file of ssl/teachers/parts
// (docs/adding-a-loss-or-mask.md).
#ifndef CALDERA_SSL_TEACHERS_TEACHER_H_
#define CALDERA_SSL_TEACHERS_TEACHER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "absl/status/statusor.h"
#include "base/part.h"
#include "ssl/schedule/run_position.h"
#include "ssl/schedule/schedule.pb.h"
#include "ssl/teachers/teacher.pb.h"
#include "vit/model/encoder.h"
#include "vit/state_dict.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// The tensors that a forward pass of the teacher returns.
struct TeacherRequest {
  // int64 [B, M]: the patches to read, in the student's grid; none: all N.
  std::optional<at::Tensor> ids_keep;
  std::set<int64_t> taps;  // blocks whose outputs are returned
  bool with_attention = false;
};

struct TeacherOutput {
  at::Tensor tokens;                   // [B, P + M, Dt], after the final norm
  std::map<int64_t, at::Tensor> taps;  // by block, [B, P + M, Dt], before it
  int64_t prefix = 1;                  // P: 1, the CLS token, or 0
  // The attention of the last block, if requested: [B, h, P + M, P + M], whose
  // rows sum to 1.
  at::Tensor attention;
};

class Teacher : public torch::nn::Module {
 public:
  // Runs the teacher on images [B, C, H, W], normalised as for the student.
  virtual TeacherOutput Forward(const at::Tensor& images,
                                const TeacherRequest& request) = 0;

  // Called where the student has begun with other weights than those of Build.
  virtual void Restart(const vit::Encoder& /*student*/) {}

  // Called after the weights of step `at` were updated.
  virtual void AfterOptimizerStep(const RunPosition& /*at*/,
                                  const vit::Encoder& /*student*/) {}

  // Returns the tensors that a checkpoint needs to resume a run; a frozen
  // teacher has none.
  virtual vit::StateDict State() const { return {}; }

  void train(bool /*on*/ = true) override { Module::train(false); }

  const vit::EncoderSpec& encoder_spec() const { return encoder_->spec(); }

 protected:
  // Registers "encoder" and turns off its gradients.
  explicit Teacher(std::shared_ptr<vit::Encoder> encoder);
  // Computes the encoder's forward pass.
  TeacherOutput Run(const at::Tensor& images, const TeacherRequest& request);

  std::shared_ptr<vit::Encoder> encoder_;
};

// A teacher before it has weights: what others must know of it.
class TeacherPlan {
 public:
  virtual ~TeacherPlan() = default;

  // Returns the sizes of its encoder.
  virtual const vit::EncoderSpec& encoder() const = 0;
  // Returns m of a moving average of the student, over the run; none for other
  // teachers.
  virtual std::optional<Schedule> momentum() const { return std::nullopt; }
  bool is_average() const { return momentum().has_value(); }
  // Returns the teacher of `student`, on the CPU, in float32.
  virtual absl::StatusOr<std::shared_ptr<Teacher>> Build(
      const vit::Encoder& student) const = 0;
};

// Teachers are planned for a student's sizes. Create returns InvalidArgument or
// NotFound if a file is missing or damaged or does not fit the student.
using TeacherPart = base::PartKind<TeacherSpec, TeacherPlan, vit::EncoderSpec>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TEACHERS_TEACHER_H_
