// A trained encoder as a teacher (DMAE), which reads images of its own size, or
// smaller ones in the middle of its grid.
//
//   auto view = FitTeacherView(spec, teacher_spec, student_spec);
//   FrozenTeacher teacher(encoder, *view);
//
// Caveat: it reads the student's normalised pixels. To a teacher that was
// trained on data of another mean and deviation they are shifted.
#ifndef CALDERA_SSL_TEACHERS_FROZEN_TEACHER_H_
#define CALDERA_SSL_TEACHERS_FROZEN_TEACHER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>

#include "absl/status/statusor.h"
#include "ssl/teachers/teacher.h"
#include "ssl/teachers/teacher.pb.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// The sizes by which an image is prepared for the teacher.
struct TeacherView {
  int64_t image_size = 0;  // the image's side after resizing, in pixels
  int64_t margin = 0;      // zero patches added on each side
  int64_t grid_size = 0;   // side without margin, in patches: the student's
};

// Returns the view by which the student's grid fits into the teacher's. Returns
// InvalidArgument, beginning with the field of FrozenTeacherSpec, if it does
// not fit.
absl::StatusOr<TeacherView> FitTeacherView(const FrozenTeacherSpec& spec,
                                           const vit::EncoderSpec& teacher,
                                           const vit::EncoderSpec& student);

class FrozenTeacher : public Teacher {
 public:
  FrozenTeacher(std::shared_ptr<vit::Encoder> encoder, const TeacherView& view)
      : Teacher(std::move(encoder)), view_(view) {}

  TeacherOutput Forward(const at::Tensor& images,
                        const TeacherRequest& request) override;

 private:
  TeacherView view_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TEACHERS_FROZEN_TEACHER_H_
