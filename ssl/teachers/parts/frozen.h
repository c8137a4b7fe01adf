// A trained encoder as a teacher (DMAE), which reads images of its own size, or
// smaller ones in the middle of its grid.
//
//   auto view = FitTeacherView(spec, teacher_spec, student_spec);
//   view->margin;  // 3
//
// Caveat: it reads the student's normalised pixels. To a teacher that was
// trained on data of another mean and deviation they are shifted.
#ifndef CALDERA_SSL_TEACHERS_PARTS_FROZEN_H_
#define CALDERA_SSL_TEACHERS_PARTS_FROZEN_H_

#include <cstdint>

#include "absl/status/statusor.h"
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

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TEACHERS_PARTS_FROZEN_H_
