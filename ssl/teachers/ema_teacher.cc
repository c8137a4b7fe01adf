#include "ssl/teachers/ema_teacher.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>
#include <glog/logging.h>

#include <memory>

#include "ssl/schedule/schedule.h"

namespace caldera::ssl {
namespace {

Schedule Momentum(const EmaTeacherSpec& spec) {
  if (spec.has_momentum()) return spec.momentum();
  Schedule schedule;
  schedule.mutable_cosine_ramp()->set_from(0.996);
  schedule.mutable_cosine_ramp()->set_to(1);
  return schedule;
}

}  // namespace

EmaTeacher::EmaTeacher(const EmaTeacherSpec& spec, const vit::Encoder& student)
    : Teacher(std::make_shared<vit::Encoder>(student.spec())),
      momentum_(Momentum(spec)) {
  const absl::Status copied =
      vit::LoadStateDict(*encoder_, vit::GetStateDict(student), "the student");
  CHECK(copied.ok()) << copied;
}

void EmaTeacher::AfterOptimizerStep(const RunPosition& at,
                                    const vit::Encoder& student) {
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(encoder_->parameters(), student.parameters(),
                     1 - ScheduleValue(momentum_, at.step, at.run));
}

vit::StateDict EmaTeacher::State() const {
  vit::StateDict state;
  for (const auto& [name, tensor] : vit::GetStateDict(*encoder_)) {
    state["teacher." + name] = tensor;
  }
  return state;
}

}  // namespace caldera::ssl
