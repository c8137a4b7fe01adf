#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "ssl/targets/target.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

TargetOptions WithTeacher() {
  TargetOptions options;
  options.teacher.emplace();
  options.teacher->set_embed_dim(6);
  options.teacher->set_depth(3);
  options.teacher_reads_full_image = true;
  return options;
}

TEST(TeacherFeatureTarget, TakesTheTokensOfItsBlockWithoutCls) {
  TargetSpec spec;
  spec.mutable_teacher_features()->set_layer_norm(false);
  TeacherOutput seen{at::randn({2, 5, 6}), {{2, at::randn({2, 5, 6})}}};
  auto last = TargetPart::Create(spec, WithTeacher());
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ((*last)->dim(), 6);
  EXPECT_TRUE((*last)->reads_teacher());
  EXPECT_TRUE((*last)->teacher_taps().empty());
  EXPECT_TRUE(
      (*last)->Compute({}, &seen).values.equal(seen.tokens.slice(1, 1)));

  spec.mutable_teacher_features()->set_block(-1);
  spec.mutable_teacher_features()->set_layer_norm(true);
  const auto block = TargetPart::Create(spec, WithTeacher());
  EXPECT_EQ((*block)->teacher_taps(), (std::set<int64_t>{2}));
  const at::Tensor values = (*block)->Compute({}, &seen).values;
  const at::Tensor raw = seen.taps.at(2).slice(1, 1);
  const at::Tensor expected =
      (raw - raw.mean(-1, true)) / (raw.var(-1, false, true) + 1e-5).sqrt();
  EXPECT_TRUE(values.allclose(expected, 1e-4, 1e-5));
}

TEST(PositionTarget, CountsThePatches) {
  TargetSpec spec;
  spec.mutable_positions();
  TargetOptions options;
  options.encoder.set_image_size(8);
  options.encoder.set_patch_size(4);
  const auto target = TargetPart::Create(spec, options);
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ((*target)->dim(), 4);
  EXPECT_TRUE((*target)->gives_ids());
  const at::Tensor images = at::randn({2, 3, 8, 8});
  const at::Tensor ids = (*target)->Compute(images, nullptr).values;
  EXPECT_TRUE(
      ids.equal(at::tensor({0, 1, 2, 3, 0, 1, 2, 3}, at::kLong).view({2, 4})));
  EXPECT_FALSE((*target)->ToImages(at::randn({2, 4, 4}), images).has_value());
}

TEST(TargetPart, RefusesWhatDoesNotFit) {
  TargetSpec spec;
  spec.mutable_teacher_features();
  TargetOptions visible = WithTeacher();
  visible.teacher_reads_full_image = false;
  for (const TargetOptions& options : {TargetOptions{}, visible}) {
    EXPECT_THAT(
        std::string(TargetPart::Create(spec, options).status().message()),
        HasSubstr("teacher_features: needs a teacher"));
  }
  spec.mutable_teacher_features()->set_block(3);
  EXPECT_THAT(
      std::string(TargetPart::Create(spec, WithTeacher()).status().message()),
      HasSubstr("teacher_features.block: block 3 does not exist"));
}

}  // namespace
}  // namespace caldera::ssl
