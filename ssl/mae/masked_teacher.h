// A teacher beside masks: it looks at whole images, before there are masks, or
// at what lies on one side of them.
//
//   TeacherOutput whole = teacher.ForwardFullImage(images);
//   Mask mask = ...;  // which may follow from what it saw
//   TeacherOutput seen = teacher.Forward(whole, images, num_masks, mask);
//   teacher.Fill(seen, request, num_masks, context);
#ifndef CALDERA_SSL_MAE_MASKED_TEACHER_H_
#define CALDERA_SSL_MAE_MASKED_TEACHER_H_

#include <ATen/core/Tensor.h>

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
  MaskedTeacher() = default;  // none: it sees nothing
  // request: what is read of it, without the patches to look at.
  MaskedTeacher(std::shared_ptr<Teacher> teacher, TeacherSpec::Input input,
                TeacherRequest request)
      : teacher_(std::move(teacher)),
        input_(input),
        request_(std::move(request)) {}

  // images [B, C, H, W]. Nothing where it looks at one side of a mask.
  TeacherOutput ForwardFullImage(const at::Tensor& images) const;
  // What it saw of the whole images [B, C, H, W], or sees of them on its side
  // of each of their K masks.
  TeacherOutput Forward(const TeacherOutput& full_image,
                        const at::Tensor& images, int64_t num_masks,
                        const Mask& mask) const;

  // Puts what auxiliary losses read of it into the context, a row for each of
  // the K masks of an image.
  void Fill(const TeacherOutput& output, const ContextRequest& request,
            int64_t num_masks, StepContext& context) const;

  // Of `images` images with K masks each, which leave `visible` of `patches`.
  vit::Cost CostOf(int64_t images, int64_t num_masks, int64_t patches,
                   int64_t visible) const;

  // Null: none.
  Teacher* get() const { return teacher_.get(); }

 private:
  bool reads_full_image() const { return input_ == TeacherSpec::WHOLE; }

  std::shared_ptr<Teacher> teacher_;
  TeacherSpec::Input input_ = TeacherSpec::VISIBLE;
  TeacherRequest request_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MASKED_TEACHER_H_
