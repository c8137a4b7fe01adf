// Runs a teacher for a masked student: either on the full image, before
// masking, or on the visible or the masked patches.
//
//   TeacherOutput full_image = teacher.ForwardFullImage(images);
//   Mask mask = ...;  // may depend on full_image, through a scorer
//   TeacherOutput output =
//       teacher.Forward(full_image, images, num_masks, mask);
//   teacher.Fill(output, request, num_masks, context);
#ifndef CALDERA_SSL_MAE_MASKED_TEACHER_H_
#define CALDERA_SSL_MAE_MASKED_TEACHER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "ssl/masking/mask.h"
#include "ssl/teachers/teacher.h"
#include "ssl/teachers/teacher.pb.h"
#include "ssl/terms/step_context.h"
#include "vit/model/cost.h"

namespace caldera::ssl {

class MaskedTeacher {
 public:
  MaskedTeacher() = default;  // no teacher: all outputs are empty
  // request: the tensors to compute; its ids_keep is ignored.
  MaskedTeacher(std::shared_ptr<Teacher> teacher, TeacherSpec::Input input,
                TeacherRequest request)
      : teacher_(std::move(teacher)),
        input_(input),
        request_(std::move(request)) {}

  // Runs the teacher on full images [B, C, H, W]. Returns an empty output if
  // its input is the visible or the masked patches.
  TeacherOutput ForwardFullImage(const at::Tensor& images) const;
  // Returns `full_image` if the teacher's input is the full image; else runs
  // it on the visible (or the masked) patches of images [B, C, H, W] under each
  // of their K masks: [B*K, 1 + M, Dt].
  TeacherOutput Forward(const TeacherOutput& full_image,
                        const at::Tensor& images, int64_t num_masks,
                        const Mask& mask) const;

  // Writes the teacher tensors that auxiliary losses read into the context,
  // with a row for each of the K masks of an image.
  void Fill(const TeacherOutput& output, const ContextRequest& request,
            int64_t num_masks, StepContext& context) const;

  // Returns the cost of a step with `images` images of K masks each, which keep
  // `visible` of `patches` patches.
  vit::Cost CostOf(int64_t images, int64_t num_masks, int64_t patches,
                   int64_t visible) const;

  // Return the teacher, or null if there is none.
  Teacher* get() const { return teacher_.get(); }
  std::shared_ptr<torch::nn::Module> module() const { return teacher_; }

 private:
  bool reads_full_image() const { return input_ == TeacherSpec::WHOLE; }

  std::shared_ptr<Teacher> teacher_;
  TeacherSpec::Input input_ = TeacherSpec::VISIBLE;
  TeacherRequest request_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MASKED_TEACHER_H_
