// Makes the teacher that a spec names.
//
//   auto teacher = MakeTeacher(spec.mae().teacher(), *encoder);
#ifndef CALDERA_SSL_TEACHERS_MAKE_TEACHER_H_
#define CALDERA_SSL_TEACHERS_MAKE_TEACHER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ssl/teachers/teacher.h"
#include "ssl/teachers/teacher.pb.h"
#include "vit/model/encoder.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Builds the teacher on the CPU, in float32. Returns the errors of
// TeacherEncoder.
absl::StatusOr<std::shared_ptr<Teacher>> MakeTeacher(
    const TeacherSpec& spec, const vit::Encoder& student);

// Returns the sizes of the teacher's encoder. Returns InvalidArgument or
// NotFound, whose text begins with the field's path in TeacherSpec, if the file
// is missing or damaged or does not fit the student, or a schedule is invalid.
absl::StatusOr<vit::EncoderSpec> TeacherEncoder(
    const TeacherSpec& spec, const vit::EncoderSpec& student);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TEACHERS_MAKE_TEACHER_H_
