#include "ssl/methods/masked_teacher.h"

namespace caldera::ssl {

TeacherOutput MaskedTeacher::LookAtWhole(const at::Tensor& images) const {
  if (teacher_ == nullptr || !sees_whole()) return {};
  return teacher_->Look(images, request_);
}

TeacherOutput MaskedTeacher::Look(const TeacherOutput& whole,
                                  const at::Tensor& folded,
                                  const Mask& mask) const {
  if (teacher_ == nullptr || sees_whole()) return whole;
  TeacherRequest request = request_;
  request.ids_keep =
      input_ == TeacherSpec::MASKED ? mask.ids_remove : mask.ids_keep;
  return teacher_->Look(folded, request);
}

void MaskedTeacher::Fill(const TeacherOutput& seen,
                         const ContextRequest& request, int64_t num_masks,
                         StepContext& context) const {
  if (teacher_ == nullptr) return;
  // What it saw of the whole images stands for each of their masks.
  const auto rows = [&](const at::Tensor& tokens) {
    return sees_whole() && num_masks > 1
               ? tokens.repeat_interleave(num_masks, 0)
               : tokens;
  };
  if (request.teacher_tokens) context.teacher_tokens = rows(seen.tokens);
  for (const int64_t block : request.teacher_taps) {
    context.teacher_taps[block] = rows(seen.taps.at(block));
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
