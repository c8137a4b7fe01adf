#include "vit/weights/fit_weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "vit/position_embedding.h"
#include "vit/weights/pth_file.h"
#include "vit/weights/safetensors.h"

namespace caldera::vit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// Returns [1, rows, 4] of different numbers.
at::Tensor Rows(int64_t rows) {
  return (at::arange(rows * 4).to(at::kFloat) / 8).view({1, rows, 4});
}

at::Tensor Cls() { return at::zeros({1, 1, 4}); }

TEST(FitWeights, SortsWhatItFinds) {
  const FittedWeights fitted =
      FitWeights({{"a", Rows(1)}, {"b", Rows(2)}, {"c", Rows(3)}},
                 {{"a", {1, 1, 4}}, {"b", {1, 3, 4}}, {"d", {1}}});
  EXPECT_THAT(fitted.report.taken, ElementsAre("a"));
  EXPECT_THAT(fitted.report.mismatched,
              ElementsAre("tensor \"b\" has the shape [1, 2, 4], the model "
                          "needs [1, 3, 4]"));
  EXPECT_THAT(fitted.report.missing, ElementsAre("d"));
  EXPECT_THAT(fitted.report.left_over, ElementsAre("c"));
  EXPECT_THAT(fitted.report.interpolated, IsEmpty());
  ASSERT_EQ(fitted.tensors.size(), 1);
  EXPECT_TRUE(at::equal(fitted.tensors.at("a"), Rows(1)));
}

TEST(FitWeights, InterpolatesPositionsAndKeepsTheClsTokens) {
  const at::Tensor position = Rows(1 + 9);
  for (const at::ScalarType type : {at::kFloat, at::kHalf}) {
    const FittedWeights fitted =
        FitWeights({{"cls_token", Cls()},
                    {"pos_embed", position.to(type)},
                    {"decoder_pos_embed", position.to(type)}},
                   {{"cls_token", {1, 1, 4}},
                    {"pos_embed", {1, 1 + 25, 4}},
                    {"decoder_pos_embed", {1, 1 + 4, 4}}});
    EXPECT_THAT(fitted.report.interpolated,
                ElementsAre(Pair("decoder_pos_embed", "3x3 -> 2x2"),
                            Pair("pos_embed", "3x3 -> 5x5")));
    const at::Tensor& result = fitted.tensors.at("pos_embed");
    EXPECT_EQ(result.scalar_type(), type);
    EXPECT_TRUE(
        at::allclose(result.to(at::kFloat),
                     InterpolatePositionEmbedding(position, 1, {3, 3}, {5, 5}),
                     0, type == at::kHalf ? 4e-3 : 0));
  }
}

TEST(FitWeights, DropsTheDistillationTokensRow) {
  const at::Tensor position = Rows(2 + 4);
  const FittedWeights fitted = FitWeights(
      {{"cls_token", Cls()}, {"dist_token", Cls()}, {"pos_embed", position}},
      {{"cls_token", {1, 1, 4}}, {"pos_embed", {1, 1 + 4, 4}}});
  EXPECT_THAT(
      fitted.report.interpolated,
      ElementsAre(Pair("pos_embed", "without the distillation token's row")));
  EXPECT_THAT(fitted.report.left_over, ElementsAre("dist_token"));
  EXPECT_TRUE(
      at::equal(fitted.tensors.at("pos_embed"),
                at::cat({position.slice(1, 0, 1), position.slice(1, 2)}, 1)));
}

TEST(FitWeights, AddsZerosWhereTheClsTokenHasNoPosition) {
  const FittedWeights fitted =
      FitWeights({{"cls_token", Cls()}, {"pos_embed", Rows(4)}},
                 {{"cls_token", {1, 1, 4}}, {"pos_embed", {1, 5, 4}}});
  EXPECT_THAT(
      fitted.report.interpolated,
      ElementsAre(Pair("pos_embed", "a row of zeros for the CLS token")));
  EXPECT_TRUE(
      at::equal(fitted.tensors.at("pos_embed"), at::cat({Cls(), Rows(4)}, 1)));
}

TEST(FitWeights, DropsTheClsTokensRowForAModelWithoutOne) {
  const FittedWeights fitted =
      FitWeights({{"cls_token", Cls()}, {"pos_embed", Rows(5)}},
                 {{"pos_embed", {1, 4, 4}}});
  EXPECT_THAT(fitted.report.interpolated,
              ElementsAre(Pair("pos_embed", "without the CLS token's row")));
  EXPECT_TRUE(at::equal(fitted.tensors.at("pos_embed"), Rows(5).slice(1, 1)));
}

TEST(FitWeights, RefusesPositionsOfAnotherWidthOrGrid) {
  for (const at::Tensor& position :
       {at::zeros({1, 5, 8}), at::zeros({1, 7, 4}), at::zeros({5, 4}),
        at::zeros({1, 0, 4}), at::zeros({2, 5, 4})}) {
    const FittedWeights fitted =
        FitWeights({{"cls_token", Cls()}, {"pos_embed", position}},
                   {{"cls_token", {1, 1, 4}}, {"pos_embed", {1, 10, 4}}});
    EXPECT_EQ(fitted.report.mismatched.size(), 1) << position.sizes();
  }
}

// testdata/make_published.py let timm resample the teacher's patches.
TEST(FitWeights, ResamplesPatchesAsTimmDoes) {
  const std::string folder = "vit/weights/testdata/published/";
  const auto expected = ReadSafetensors(folder + "expected.safetensors");
  ASSERT_EQ(expected.status(), absl::OkStatus());
  const auto teacher = ReadPth(folder + "dino.pth");
  ASSERT_EQ(teacher.status(), absl::OkStatus());
  const std::string name = "patch_embed.proj.weight";
  const StateDict weights = {
      {name, teacher->tensors.at("module.backbone." + name)}};
  for (const int64_t size : {6, 3}) {
    const FittedWeights fitted =
        FitWeights(weights, {{name, {16, 3, size, size}}});
    ASSERT_EQ(fitted.tensors.count(name), 1);
    EXPECT_TRUE(at::allclose(
        fitted.tensors.at(name),
        expected->tensors.at(absl::StrCat("patches.", size)), 1e-4, 1e-5))
        << size;
  }
}

}  // namespace
}  // namespace caldera::vit
