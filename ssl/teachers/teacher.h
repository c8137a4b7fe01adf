// The seam for target networks: an encoder without gradient.
//
//   TeacherOutput seen = teacher.Forward(images, {mask.ids_keep, {17}});
//   seen.taps.at(17);  // [B, 1 + Nv, Dt], block 17's output
//
// A teacher stays in eval mode, and its parameters never require a gradient, so
// that optimizers and shards pass them over.
//
// To add one: a message in teacher.proto, a class in its own file, a case in
// make_teacher.cc.
#ifndef CALDERA_SSL_TEACHERS_TEACHER_H_
#define CALDERA_SSL_TEACHERS_TEACHER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "ssl/schedule/run_position.h"
#include "vit/model/encoder.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

// What a teacher is asked for.
struct TeacherRequest {
  // int64 [B, M], in the student's grid, the patches to look at; none: all N.
  std::optional<at::Tensor> ids_keep;
  std::set<int64_t> taps;  // blocks whose outputs are wanted
  bool with_attention = false;
};

struct TeacherOutput {
  at::Tensor tokens;                   // [B, 1 + M, Dt], after the final norm
  std::map<int64_t, at::Tensor> taps;  // by block, [B, 1 + M, Dt], before it
  // The last block's, where asked for: [B, h, 1 + M, 1 + M], rows sum to 1.
  at::Tensor attention;
};

class Teacher : public torch::nn::Module {
 public:
  // images [B, C, H, W] as the student sees them.
  virtual TeacherOutput Forward(const at::Tensor& images,
                                const TeacherRequest& request) = 0;

  // After the weights of step `at` were updated.
  virtual void AfterOptimizerStep(const RunPosition& /*at*/,
                                  const vit::Encoder& /*student*/) {}

  // What a checkpoint must hold for a run to go on: nothing of a frozen one.
  virtual vit::StateDict State() const { return {}; }

  void train(bool /*on*/ = true) override { Module::train(false); }

  const vit::EncoderSpec& encoder_spec() const { return encoder_->spec(); }

 protected:
  // The forward pass itself: registers "encoder" and takes its gradient away.
  explicit Teacher(std::shared_ptr<vit::Encoder> encoder);
  TeacherOutput Run(const at::Tensor& images, const TeacherRequest& request);

  std::shared_ptr<vit::Encoder> encoder_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TEACHERS_TEACHER_H_
