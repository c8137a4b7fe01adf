#include "ssl/teachers/make_teacher.h"

#include <string>
#include <utility>

#include "base/field_path.h"
#include "base/status.h"
#include "base/user_path.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/teachers/ema_teacher.h"
#include "ssl/teachers/frozen_teacher.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

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
