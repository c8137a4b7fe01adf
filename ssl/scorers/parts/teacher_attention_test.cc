// Tests what each scorer computes from a teacher's output, and what it needs.
#include <ATen/TensorOperators.h>
#include <ATen/ops/softmax.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ssl/scorers/patch_scorer.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

using testing::StartsWith;

TEST(TeacherAttention, IsTheClsTokensMeanOverHeads) {
  PatchScorerSpec spec;
  spec.mutable_teacher_attention();
  const auto scorer = PatchScorerPart::Create(
      spec, {/*teacher_reads_full_image=*/true, {}, {}, {}});
  ASSERT_TRUE(scorer.ok()) << scorer.status();
  EXPECT_TRUE((*scorer)->reads_attention());
  TeacherOutput seen;
  seen.attention = at::softmax(vit::Normal({2, 3, 5, 5}, 1), 3);
  const at::Tensor scores = (*scorer)->Score(seen);
  ASSERT_EQ(scores.sizes(), (at::IntArrayRef{2, 4}));
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t n = 0; n < 4; ++n) {
      double sum = 0;
      for (int64_t h = 0; h < 3; ++h) {
        sum += seen.attention[b][h][0][1 + n].item<double>();
      }
      EXPECT_NEAR(scores[b][n].item<double>(), sum / 3, 1e-12);
    }
  }
}

TEST(PatchScorerPart, RefusesWhatDoesNotFit) {
  PatchScorerSpec spec;
  const auto error = [&] {
    return std::string(PatchScorerPart::Create(spec, {}).status().message());
  };
  EXPECT_THAT(error(),
              StartsWith(": no part is named; write loss_predictor {} or "));
  spec.mutable_teacher_attention();
  EXPECT_THAT(error(), StartsWith("teacher_attention: needs a teacher that"));
  spec.mutable_loss_predictor();
  EXPECT_THAT(error(), StartsWith("loss_predictor: needs a moving average"));
}

}  // namespace
}  // namespace caldera::ssl
