#include "ssl/mae/masked_teacher.h"

#include "ssl/mae/mae_input.h"

namespace caldera::ssl {

TeacherOutput MaskedTeacher::LookAtWhole(const at::Tensor& images) const {
  if (teacher_ == nullptr || !sees_whole()) return {};
  return teacher_->Look(images, request_);
}

TeacherOutput MaskedTeacher::Look(const TeacherOutput& whole,
                                  const at::Tensor& images, int64_t num_masks,
                                  const Mask& mask) const {
  if (teacher_ == nullptr || sees_whole()) return whole;
  TeacherRequest request = request_;
  request.ids_keep =
      input_ == TeacherSpec::MASKED ? mask.ids_remove : mask.ids_keep;
  return teacher_->Look(Fold(images, num_masks), request);
}

void MaskedTeacher::Fill(const TeacherOutput& seen,
                         const ContextRequest& request, int64_t num_masks,
                         StepContext& context) const {
  if (teacher_ == nullptr) return;
  // What it saw of the whole images stands for each of their masks.
  const int64_t copies = sees_whole() ? num_masks : 1;
  if (request.teacher_tokens) {
    context.teacher_tokens = Fold(seen.tokens, copies);
  }
  for (const int64_t block : request.teacher_taps) {
    context.teacher_taps[block] = Fold(seen.taps.at(block), copies);
  }
}

vit::Cost MaskedTeacher::CostOf(int64_t images, int64_t num_masks,
                                int64_t patches, int64_t visible) const {
  const int64_t seen = sees_whole()                    ? patches
                       : input_ == TeacherSpec::MASKED ? patches - visible
                                                       : visible;
  const vit::Cost one = vit::EncoderCost(teacher_->encoder_spec(), seen);
  return (one * (sees_whole() ? images : images * num_masks)).WithoutGradient();
}

}  // namespace caldera::ssl
