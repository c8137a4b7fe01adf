#include "ssl/teachers/parts/frozen.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/floor_divide.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "base/user_path.h"
#include "ssl/teachers/teacher.h"
#include "vit/grid.h"
#include "vit/model/encoder.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {

absl::StatusOr<TeacherView> FitTeacherView(const FrozenTeacherSpec& spec,
                                           const vit::EncoderSpec& teacher,
                                           const vit::EncoderSpec& student) {
  if (teacher.channels() != student.channels()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "encoder: ", spec.encoder(), " takes images of ", teacher.channels(),
        " channels, the student ", student.channels()));
  }
  const int64_t grid = vit::GridOf(student).width;
  const int64_t patch = teacher.patch_size();
  const int64_t teacher_grid = vit::GridOf(teacher).width;
  const int64_t size =
      spec.image_size() == 0 ? grid * patch : spec.image_size();
  if (size != grid * patch) {
    return absl::InvalidArgumentError(
        absl::StrCat("image_size: ", size, " pixels are no ", grid, " x ", grid,
                     " patches of ", patch,
                     ", the student's grid in the teacher's patches; "
                     "it must be ",
                     grid * patch));
  }
  if (grid > teacher_grid || (teacher_grid - grid) % 2 != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "encoder: the student's grid of ", grid, " x ", grid,
        " patches does not lie in the middle of the teacher's ", teacher_grid,
        " x ", teacher_grid, " (", spec.encoder(),
        "); choose encoder.image_size and encoder.patch_size to fit"));
  }
  return TeacherView{size, (teacher_grid - grid) / 2, grid};
}

namespace {

class FrozenTeacher : public Teacher {
 public:
  FrozenTeacher(std::shared_ptr<vit::Encoder> encoder, const TeacherView& view)
      : Teacher(std::move(encoder)), view_(view) {}

  TeacherOutput Forward(const at::Tensor& images,
                        const TeacherRequest& request) override;

 private:
  TeacherView view_;
};

TeacherOutput FrozenTeacher::Forward(const at::Tensor& images,
                                     const TeacherRequest& request) {
  const at::NoGradGuard no_grad;
  const int64_t size = view_.image_size, m = view_.margin;
  at::Tensor x = images;
  if (images.size(2) != size || images.size(3) != size) {
    x = at::upsample_bicubic2d(images, {size, size}, /*align_corners=*/false);
  }
  if (m == 0) return Run(x, request);
  // The teacher reads only the patches without the margin.
  const int64_t border = m * encoder_->spec().patch_size();
  x = at::constant_pad_nd(x, {border, border, border, border});
  const int64_t g = view_.grid_size;
  const at::Tensor ids =
      request.ids_keep.has_value()
          ? *request.ids_keep
          : at::arange(g * g, images.options().dtype(at::kLong))
                .expand({images.size(0), -1});
  const at::Tensor row = at::floor_divide(ids, g), col = at::remainder(ids, g);
  TeacherRequest inside = request;
  inside.ids_keep = (row + m) * (g + 2 * m) + col + m;
  return Run(x, inside);
}

// Knows the file's header; Build reads its tensors.
class FrozenPlan : public TeacherPlan {
 public:
  FrozenPlan(vit::EncoderFile file, const TeacherView& view)
      : file_(std::move(file)), view_(view) {}

  const vit::EncoderSpec& encoder() const override { return file_.spec; }
  absl::StatusOr<std::shared_ptr<Teacher>> Build(
      const vit::Encoder& /*student*/) const override {
    ASSIGN_OR_RETURN(auto encoder, file_.Load());
    return std::make_shared<FrozenTeacher>(std::move(encoder), view_);
  }

 private:
  vit::EncoderFile file_;
  TeacherView view_;
};

const bool kFrozen = TeacherPart::Register<FrozenTeacherSpec>(
    {"frozen", "A trained encoder whose weights never change."},
    [](const FrozenTeacherSpec& spec,
       const vit::EncoderSpec& student) -> TeacherPart::Result {
      if (spec.encoder().empty()) {
        return absl::InvalidArgumentError(
            "encoder: is missing; name the encoder.safetensors of a run");
      }
      ASSIGN_OR_RETURN(
          vit::EncoderFile file,
          base::About("encoder",
                      vit::OpenEncoder(base::UserPath(spec.encoder()))));
      ASSIGN_OR_RETURN(const TeacherView view,
                       FitTeacherView(spec, file.spec, student));
      return std::make_unique<FrozenPlan>(std::move(file), view);
    });

}  // namespace
}  // namespace caldera::ssl
