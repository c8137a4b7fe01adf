#ifndef CALDERA_SSL_TEACHERS_EMA_TEACHER_H_
#define CALDERA_SSL_TEACHERS_EMA_TEACHER_H_

// An exponential moving average of the student (mean teacher, BYOL).
//
//   EmaTeacher teacher(spec.teacher().ema(), *student);
//   ... optimizer step ...
//   teacher.AfterOptimizerStep({step, run}, *student);
//
// Caveat: it begins as the student is at construction.

#include "ssl/teachers/moving_average.h"
#include "ssl/teachers/teacher.h"
#include "ssl/teachers/teacher.pb.h"

namespace caldera::ssl {

class EmaTeacher : public Teacher {
 public:
  EmaTeacher(const EmaTeacherSpec& spec, const vit::Encoder& student);

  TeacherOutput Look(const at::Tensor& images,
                     const TeacherRequest& request) override {
    return Run(images, request);
  }
  // teacher = m teacher + (1 - m) student, m of this step.
  void AfterOptimizerStep(const RunPosition& at,
                          const vit::Encoder& student) override;
  vit::StateDict State() const override;

 private:
  MovingAverage average_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TEACHERS_EMA_TEACHER_H_
