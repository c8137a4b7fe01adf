#include "ssl/mae/masked_teacher.h"

#include "ssl/mae/mask_rows.h"

namespace caldera::ssl {

TeacherOutput MaskedTeacher::ForwardFullImage(const at::Tensor& images) const {
  if (teacher_ == nullptr || !reads_full_image()) return {};
  return teacher_->Forward(images, request_);
}

TeacherOutput MaskedTeacher::Forward(const TeacherOutput& full_image,
                                     const at::Tensor& images,
                                     int64_t num_masks,
                                     const Mask& mask) const {
  if (teacher_ == nullptr || reads_full_image()) return full_image;
  TeacherRequest request = request_;
  request.ids_keep =
      input_ == TeacherSpec::MASKED ? mask.ids_remove : mask.ids_keep;
  return teacher_->Forward(RepeatPerMask(images, num_masks), request);
}

void MaskedTeacher::Fill(const TeacherOutput& output,
                         const ContextRequest& request, int64_t num_masks,
                         StepContext& context) const {
  if (teacher_ == nullptr) return;
  context.teacher_prefix = output.prefix;
  // The output for a full image is repeated for each of its masks.
  const int64_t copies = reads_full_image() ? num_masks : 1;
  if (request.teacher_tokens) {
    context.teacher_tokens = RepeatPerMask(output.tokens, copies);
  }
  for (const int64_t block : request.teacher_taps) {
    context.teacher_taps[block] = RepeatPerMask(output.taps.at(block), copies);
  }
}

vit::Cost MaskedTeacher::CostOf(int64_t images, int64_t num_masks,
                                int64_t patches, int64_t visible) const {
  const int64_t read = reads_full_image()              ? patches
                       : input_ == TeacherSpec::MASKED ? patches - visible
                                                       : visible;
  const vit::Cost one = vit::EncoderCost(teacher_->encoder_spec(), read);
  return (one * (reads_full_image() ? images : images * num_masks))
      .WithoutGradient();
}

}  // namespace caldera::ssl
