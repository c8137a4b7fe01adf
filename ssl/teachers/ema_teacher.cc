#include "ssl/teachers/ema_teacher.h"

#include <glog/logging.h>

#include <memory>

namespace caldera::ssl {

EmaTeacher::EmaTeacher(const EmaTeacherSpec& spec, const vit::Encoder& student)
    : Teacher(std::make_shared<vit::Encoder>(student.spec())),
      average_(MomentumOrByol(spec.momentum())) {
  const absl::Status copied =
      vit::LoadStateDict(*encoder_, vit::GetStateDict(student), "the student");
  CHECK(copied.ok()) << copied;
}

void EmaTeacher::AfterOptimizerStep(const RunPosition& at,
                                    const vit::Encoder& student) {
  average_.Follow(at, student.parameters(), encoder_->parameters());
}

vit::StateDict EmaTeacher::State() const {
  vit::StateDict state;
  for (const auto& [name, tensor] : vit::GetStateDict(*encoder_)) {
    state["teacher." + name] = tensor;
  }
  return state;
}

}  // namespace caldera::ssl
