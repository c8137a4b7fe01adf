#include "ssl/teachers/make_teacher.h"

#include <glog/logging.h>

#include <memory>
#include <string>
#include <utility>

#include "base/field_path.h"
#include "base/status.h"
#include "base/user_path.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/teachers/frozen_teacher.h"
#include "ssl/teachers/moving_average.h"
#include "ssl/teachers/teacher.h"
#include "ssl/teachers/teacher.pb.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

// An exponential moving average of the student (mean teacher, BYOL). Caveat: it
// begins as a copy of the student at construction.
class EmaTeacher : public Teacher {
 public:
  EmaTeacher(const EmaTeacherSpec& spec, const vit::Encoder& student);

  TeacherOutput Forward(const at::Tensor& images,
                        const TeacherRequest& request) override {
    return Run(images, request);
  }
  // Sets teacher = m teacher + (1 - m) student, with m of this step.
  void AfterOptimizerStep(const RunPosition& at,
                          const vit::Encoder& student) override;
  vit::StateDict State() const override;

 private:
  MovingAverage average_;
};

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
  return vit::GetStateDict(*encoder_, "teacher.");
}

struct Frozen {
  std::shared_ptr<vit::Encoder> encoder;
  TeacherView view;
};

absl::StatusOr<Frozen> LoadFrozen(const FrozenTeacherSpec& spec,
                                  const vit::EncoderSpec& student) {
  if (spec.encoder().empty()) {
    return absl::InvalidArgumentError(
        "frozen.encoder: is missing; name the encoder.safetensors of a run");
  }
  ASSIGN_OR_RETURN(
      const auto loaded,
      base::About("frozen.encoder",
                  vit::LoadEncoder(base::UserPath(spec.encoder()))));
  ASSIGN_OR_RETURN(
      const TeacherView view,
      base::Within("frozen",
                   FitTeacherView(spec, loaded.encoder->spec(), student)));
  return Frozen{loaded.encoder, view};
}

absl::Status NoKind() {
  return absl::InvalidArgumentError(
      "frozen: no teacher is named; write frozen { encoder: \"...\" } or ema "
      "{}");
}

}  // namespace

absl::StatusOr<vit::EncoderSpec> TeacherEncoder(
    const TeacherSpec& spec, const vit::EncoderSpec& student) {
  switch (spec.kind_case()) {
    case TeacherSpec::kFrozen: {
      ASSIGN_OR_RETURN(const Frozen frozen, LoadFrozen(spec.frozen(), student));
      return frozen.encoder->spec();
    }
    case TeacherSpec::kEma: {
      RETURN_IF_ERROR(base::Within("ema.momentum",
                                   CheckRange(spec.ema().momentum(), 0, 1)));
      return student;
    }
    case TeacherSpec::KIND_NOT_SET:
      break;
  }
  return NoKind();
}

absl::StatusOr<std::shared_ptr<Teacher>> MakeTeacher(
    const TeacherSpec& spec, const vit::Encoder& student) {
  switch (spec.kind_case()) {
    case TeacherSpec::kFrozen: {
      ASSIGN_OR_RETURN(const Frozen frozen,
                       LoadFrozen(spec.frozen(), student.spec()));
      return std::make_shared<FrozenTeacher>(frozen.encoder, frozen.view);
    }
    case TeacherSpec::kEma:
      return std::make_shared<EmaTeacher>(spec.ema(), student);
    case TeacherSpec::KIND_NOT_SET:
      break;
  }
  return NoKind();
}

}  // namespace caldera::ssl
