// An exponential moving average of the student (mean teacher, BYOL). Caveat: it
// begins as a copy of the student when it is built, and again when the student
// begins with the weights of a file.
#include <glog/logging.h>

#include <memory>
#include <optional>

#include "base/field_path.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/teachers/moving_average.h"
#include "ssl/teachers/teacher.h"
#include "vit/model/encoder.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

class EmaTeacher : public Teacher {
 public:
  EmaTeacher(const EmaTeacherSpec& spec, const vit::Encoder& student)
      : Teacher(std::make_shared<vit::Encoder>(student.spec())),
        average_(MomentumOrByol(spec.momentum())) {
    Restart(student);
  }

  void Restart(const vit::Encoder& student) final {
    const absl::Status copied = vit::LoadStateDict(
        *encoder_, vit::GetStateDict(student), "the student");
    CHECK(copied.ok()) << copied;
  }

  TeacherOutput Forward(const at::Tensor& images,
                        const TeacherRequest& request) override {
    return Run(images, request);
  }
  // Sets teacher = m teacher + (1 - m) student, with m of this step.
  void AfterOptimizerStep(const RunPosition& at,
                          const vit::Encoder& student) override {
    average_.Follow(at, student.parameters(), encoder_->parameters());
  }
  vit::StateDict State() const override {
    return vit::GetStateDict(*encoder_, "teacher.");
  }

 private:
  MovingAverage average_;
};

class EmaPlan : public TeacherPlan {
 public:
  EmaPlan(const EmaTeacherSpec& spec, const vit::EncoderSpec& student)
      : spec_(spec), student_(student) {}

  const vit::EncoderSpec& encoder() const override { return student_; }
  std::optional<Schedule> momentum() const override {
    return MomentumOrByol(spec_.momentum());
  }
  absl::StatusOr<std::shared_ptr<Teacher>> Build(
      const vit::Encoder& student) const override {
    return std::make_shared<EmaTeacher>(spec_, student);
  }

 private:
  EmaTeacherSpec spec_;
  vit::EncoderSpec student_;
};

const bool kEma = TeacherPart::Register<EmaTeacherSpec>(
    {"ema", "An exponential moving average of the student."},
    [](const EmaTeacherSpec& spec, const vit::EncoderSpec& student) {
      return std::make_unique<EmaPlan>(spec, student);
    },
    [](const EmaTeacherSpec& spec) {
      return base::Within("momentum", CheckRange(spec.momentum(), 0, 1));
    });

}  // namespace
}  // namespace caldera::ssl
