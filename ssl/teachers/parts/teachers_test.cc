// Tests what a teacher reads, that it has no gradient, and how it is updated.
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "ssl/teachers/parts/frozen.h"
#include "ssl/teachers/teacher.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

vit::EncoderSpec Tiny(int image_size, int patch_size) {
  vit::EncoderSpec spec;
  spec.set_image_size(image_size);
  spec.set_patch_size(patch_size);
  spec.set_channels(1);
  spec.set_embed_dim(16);
  spec.set_depth(2);
  spec.set_num_heads(2);
  return spec;
}

std::shared_ptr<vit::Encoder> Encoder(const vit::EncoderSpec& spec,
                                      uint64_t seed) {
  auto encoder = std::make_shared<vit::Encoder>(spec);
  vit::InitializeVit(*encoder, seed);
  return encoder;
}

std::string Saved(const vit::EncoderSpec& spec) {
  const std::string path = testing::TempDir() + "/teacher.safetensors";
  EXPECT_TRUE(vit::SaveEncoder(path, *Encoder(spec, 5), {}).ok());
  return path;
}

TeacherSpec Frozen(const std::string& path) {
  TeacherSpec spec;
  spec.mutable_frozen()->set_encoder(path);
  return spec;
}

absl::StatusOr<std::shared_ptr<Teacher>> Make(const TeacherSpec& spec,
                                              const vit::Encoder& student) {
  const auto plan = TeacherPart::Create(spec, student.spec());
  if (!plan.ok()) return plan.status();
  EXPECT_EQ((*plan)->is_average(), spec.has_ema());
  return (*plan)->Build(student);
}

std::string Error(const TeacherSpec& spec, const vit::EncoderSpec& student) {
  return std::string(TeacherPart::Create(spec, student).status().message());
}

TEST(FrozenTeacher, SeesWhatItsEncoderSees) {
  const vit::EncoderSpec spec = Tiny(8, 2);
  const auto student = Encoder(spec, 1);
  const auto teacher = Make(Frozen(Saved(spec)), *student);
  ASSERT_TRUE(teacher.ok()) << teacher.status();
  (*teacher)->train();
  EXPECT_FALSE((*teacher)->is_training());
  const at::Tensor images = at::randn({3, 1, 8, 8});
  const at::Tensor ids =
      at::tensor({1, 7, 4, 2, 15, 0}, at::kLong).view({3, 2});
  const TeacherOutput output = (*teacher)->Forward(images, {ids, {0, 1}});
  const auto expected = Encoder(spec, 5)->forward(images, ids, {0, 1});
  EXPECT_TRUE(output.tokens.equal(expected.tokens));
  EXPECT_TRUE(output.taps.at(0).equal(expected.taps[0]));
  EXPECT_TRUE(output.taps.at(1).equal(expected.taps[1]));
  EXPECT_FALSE(output.tokens.requires_grad());
  for (const at::Tensor& p : (*teacher)->parameters()) {
    EXPECT_FALSE(p.requires_grad());
  }
  EXPECT_TRUE((*teacher)->State().empty());
}

TEST(FrozenTeacher, GivesTheAttentionOfItsLastBlockWhereAsked) {
  const vit::EncoderSpec spec = Tiny(8, 2);
  const auto teacher = Make(Frozen(Saved(spec)), *Encoder(spec, 1));
  ASSERT_TRUE(teacher.ok()) << teacher.status();
  const at::Tensor images = at::randn({3, 1, 8, 8});
  const TeacherOutput output = (*teacher)->Forward(images, {{}, {}, true});
  vit::EncoderRequest request;
  request.attention_taps = {1};
  const auto expected = Encoder(spec, 5)->forward(images, request);
  EXPECT_TRUE(output.attention.equal(expected.attention[0]));
  EXPECT_EQ(output.attention.sizes(), (at::IntArrayRef{3, 2, 17, 17}));
  EXPECT_FALSE((*teacher)->Forward(images, {}).attention.defined());
}

TEST(FrozenTeacher, KnowsItsSizesBeforeItIsBuilt) {
  const auto plan = TeacherPart::Create(Frozen(Saved(Tiny(32, 8))), Tiny(8, 4));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ((*plan)->encoder().image_size(), 32);
  EXPECT_EQ((*plan)->encoder().depth(), 2);
}

// The geometry is the Tiny-ImageNet report's, but smaller: a grid of 2 x 2
// patches of 4 pixels in the middle of a teacher of 4 x 4 patches of 8.
TEST(FrozenTeacher, LooksAtTheMiddleOfItsGrid) {
  const vit::EncoderSpec student = Tiny(8, 4), own = Tiny(32, 8);
  const auto teacher = Make(Frozen(Saved(own)), *Encoder(student, 1));
  ASSERT_TRUE(teacher.ok()) << teacher.status();
  const at::Tensor images = at::randn({2, 1, 8, 8});
  const at::Tensor resized =
      images.repeat_interleave(2, 2).repeat_interleave(2, 3);
  // Images of the teacher's scale are not resized.
  const auto view = FitTeacherView({}, own, student);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->image_size, 16);
  EXPECT_EQ(view->margin, 1);
  const auto reference = Encoder(own, 5);
  const at::Tensor padded = at::constant_pad_nd(resized, {8, 8, 8, 8});
  const at::Tensor middle =
      at::tensor({5, 6, 9, 10, 5, 6, 9, 10}, at::kLong).view({2, 4});
  EXPECT_TRUE((*teacher)
                  ->Forward(resized, {})
                  .tokens.equal(reference->forward(padded, middle).tokens));
  const at::Tensor ids = at::tensor({3, 0}, at::kLong).view({2, 1});
  const at::Tensor there = at::tensor({10, 5}, at::kLong).view({2, 1});
  EXPECT_TRUE((*teacher)
                  ->Forward(resized, {ids, {}})
                  .tokens.equal(reference->forward(padded, there).tokens));
  // Smaller images are resized to that scale: shape and patches are the same.
  EXPECT_EQ((*teacher)->Forward(images, {ids, {}}).tokens.sizes(),
            (at::IntArrayRef{2, 2, 16}));
}

TEST(TeacherPart, RefusesWhatDoesNotFit) {
  const vit::EncoderSpec student = Tiny(8, 2);
  EXPECT_THAT(Error(Frozen("/no/such.safetensors"), student),
              HasSubstr("frozen.encoder: "));
  EXPECT_THAT(Error(Frozen("/no/such.safetensors"), student),
              HasSubstr("/no/such.safetensors"));
  EXPECT_THAT(Error(Frozen(""), student), HasSubstr("frozen.encoder: is miss"));
  EXPECT_THAT(Error({}, student),
              HasSubstr(": no part is named; write ema {} or frozen"));
  EXPECT_THAT(Error(Frozen(Saved(Tiny(8, 4))), student),
              HasSubstr("frozen.encoder: the student's grid of 4 x 4"));
  EXPECT_THAT(Error(Frozen(Saved(Tiny(10, 2))), student),
              HasSubstr("the teacher's 5 x 5"));
  TeacherSpec sized = Frozen(Saved(Tiny(8, 2)));
  sized.mutable_frozen()->set_image_size(16);
  EXPECT_THAT(Error(sized, student), HasSubstr("frozen.image_size: 16 pixels"));
  vit::EncoderSpec color = Tiny(8, 2);
  color.set_channels(3);
  EXPECT_THAT(Error(Frozen(Saved(color)), student), HasSubstr("3 channels"));
  TeacherSpec ema;
  ema.mutable_ema()->mutable_momentum()->set_constant(1.1);
  EXPECT_THAT(Error(ema, student), HasSubstr("ema.momentum.constant: 1.1"));
}

TEST(EmaTeacher, BeginsAsTheStudentAndFollowsIt) {
  const vit::EncoderSpec spec = Tiny(8, 2);
  const auto student = Encoder(spec, 1);
  TeacherSpec ema;
  ema.mutable_ema()->mutable_momentum()->set_constant(0.9);
  const auto teacher = Make(ema, *student);
  ASSERT_TRUE(teacher.ok()) << teacher.status();
  const at::Tensor images = at::randn({3, 1, 8, 8});
  EXPECT_TRUE((*teacher)
                  ->Forward(images, {})
                  .tokens.equal(student->forward(images).tokens));
  EXPECT_EQ((*teacher)->State().size(), vit::GetStateDict(*student).size());

  const auto before = Encoder(spec, 1);
  vit::InitializeVit(*student, 2);
  (*teacher)->AfterOptimizerStep({0, {}}, *student);
  const vit::StateDict old = vit::GetStateDict(*before),
                       now = vit::GetStateDict(*student);
  for (const auto& [name, value] : (*teacher)->State()) {
    const std::string own = name.substr(std::string("teacher.").size());
    EXPECT_TRUE(
        at::allclose(value, 0.9 * old.at(own) + 0.1 * now.at(own), 1e-5, 1e-7))
        << name;
  }
}

}  // namespace
}  // namespace caldera::ssl
