// A trained encoder as a teacher (DMAE), on images of its own size or in the
// middle of its grid.
//
//   auto view = FitTeacherView(spec, teacher_spec, student_spec);
//   FrozenTeacher teacher(encoder, *view);
//
// Caveat: it sees the student's normalised pixels. A teacher that was trained
// on data of another mean and deviation sees them shifted.
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

// How an image comes before the teacher.
struct TeacherView {
  int64_t image_size = 0;  // pixels a side that it is resized to
  int64_t margin = 0;      // patches around it on each side, of zero pixels
  int64_t grid_size = 0;   // patches a side without the margin: the student's
};

// Errors: InvalidArgument, beginning with the field of FrozenTeacherSpec, where
// the student's grid cannot be laid into the teacher's.
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
