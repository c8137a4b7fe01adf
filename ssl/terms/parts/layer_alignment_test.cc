// Compares the term with its formula, and tests where its gradient goes and
// that a student that equals the teacher has none.

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>
#include <map>
#include <string>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

using testing::StartsWith;

constexpr int64_t kDepth = 3, kBlocks = 2, kWidth = 4;

ModelSizes Sizes(int teacher_depth, int teacher_width) {
  ModelSizes sizes;
  sizes.encoder.set_embed_dim(kWidth);
  sizes.encoder.set_depth(kDepth);
  sizes.teacher.emplace();
  sizes.teacher->set_embed_dim(teacher_width);
  sizes.teacher->set_depth(teacher_depth);
  sizes.teacher_input = ModelSizes::TeacherInput::kWhole;
  return sizes;
}

AuxiliaryLossSpec Spec(bool layer_norm) {
  AuxiliaryLossSpec spec;
  spec.mutable_layer_alignment()->set_teacher_blocks(kBlocks);
  spec.mutable_layer_alignment()->set_layer_norm(layer_norm);
  return spec;
}

// Two images of 5 patches, of which two are visible.
struct Alignment {
  Alignment(int depth, int width, bool with_layer_norm)
      : teacher_depth(depth),
        teacher_width(width),
        layer_norm(with_layer_norm) {
    auto made = MakeAuxiliaryLoss(Spec(layer_norm), Sizes(depth, width));
    EXPECT_TRUE(made.ok()) << made.status();
    loss = *std::move(made);
    loss->Build(/*seed=*/3, {});
    loss->module()->to(at::kDouble);
    context.mask.ids_keep = at::tensor({4, 1, 0, 2}, at::kLong).view({2, 2});
    for (int64_t i = 0; i < kDepth; ++i) {
      context.tap_tokens[i] =
          vit::Normal({2, 3, kWidth}, 1 + i).requires_grad_();
    }
    for (int64_t i = depth - kBlocks; i < depth; ++i) {
      context.teacher_taps[i] =
          vit::Normal({2, 6, width}, 10 + i).requires_grad_();
    }
  }

  at::Tensor Value() { return loss->Compute(context, false).value; }

  int64_t teacher_depth, teacher_width;
  bool layer_norm;
  std::unique_ptr<AuxiliaryLoss> loss;
  StepContext context;
};

// Computes the term block by block, token by token and number by number.
double SlowValue(const Alignment& a) {
  const auto p = a.loss->module()->named_parameters();
  double sum = 0;
  for (int64_t t = 0; t < kBlocks; ++t) {
    const std::string head = "heads." + std::to_string(t);
    for (int64_t b = 0; b < 2; ++b) {
      for (int64_t n = 0; n < 3; ++n) {
        at::Tensor mixed = at::zeros({kWidth}, at::kDouble);
        for (int64_t s = 0; s < kDepth; ++s) {
          mixed = mixed + p["mix"][t][s] * a.context.tap_tokens.at(s)[b][n];
        }
        const at::Tensor student =
            p[head + ".weight"].matmul(mixed) + p[head + ".bias"];
        const int64_t token =
            n == 0 ? 0 : 1 + a.context.mask.ids_keep[b][n - 1].item<int64_t>();
        at::Tensor teacher =
            a.context.teacher_taps.at(a.teacher_depth - kBlocks + t)[b][token];
        if (a.layer_norm) {
          teacher = (teacher - teacher.mean()) /
                    (teacher.var(/*unbiased=*/false) + 1e-5).sqrt();
        }
        for (int64_t i = 0; i < a.teacher_width; ++i) {
          const double d = std::abs((student[i] - teacher[i]).item<double>());
          sum += 2 * (d < 1 ? d * d / 2 : d - 0.5);
        }
      }
    }
  }
  return sum / static_cast<double>(kBlocks * 2 * 3 * a.teacher_width);
}

TEST(LayerAlignmentLoss, EqualsTheLoop) {
  for (const bool layer_norm : {false, true}) {
    for (const int depth : {3, 4}) {
      Alignment a(depth, 6, layer_norm);
      EXPECT_NEAR(a.Value().item<double>(), SlowValue(a), 1e-12);
    }
  }
}

TEST(LayerAlignmentLoss, GradientIsTheDerivativeAndLeavesTheTeacherAlone) {
  Alignment a(4, 6, true);
  std::map<std::string, at::Tensor> leaves;
  for (const auto& [block, tokens] : a.context.tap_tokens) {
    leaves["block " + std::to_string(block)] = tokens;
  }
  for (const auto& item : a.loss->module()->named_parameters()) {
    leaves[item.key()] = item.value();
  }
  EXPECT_EQ(leaves.size(), kDepth + 1 + 2 * kBlocks);
  vit::ExpectGradients([&] { return a.Value(); }, leaves);
  for (const auto& [block, tokens] : a.context.teacher_taps) {
    EXPECT_FALSE(tokens.grad().defined()) << block;
  }
}

TEST(LayerAlignmentLoss, MixturesBeginAsTheSameBlockOrTheMean) {
  const Alignment same(kDepth, 6, true), deeper(5, 6, true);
  at::Tensor expected = at::full({kBlocks, kDepth}, 0.01, at::kDouble);
  expected[0][1] += 1;
  expected[1][2] += 1;
  EXPECT_TRUE(same.loss->module()->named_parameters()["mix"].allclose(expected,
                                                                      0, 1e-7));
  EXPECT_TRUE(deeper.loss->module()->named_parameters()["mix"].allclose(
      at::full({kBlocks, kDepth}, 1.0 / 3, at::kDouble), 0, 1e-7));
}

// The same tokens, no mixing and no projection: nothing is left to learn.
TEST(LayerAlignmentLoss, AStudentThatIsTheTeacherHasNone) {
  Alignment a(kDepth, kWidth, false);
  a.context.mask.ids_keep =
      at::tensor({0, 1, 2, 3, 4, 4, 3, 2, 1, 0}, at::kLong).view({2, 5});
  {
    const at::NoGradGuard no_grad;
    const auto p = a.loss->module()->named_parameters();
    p["mix"].zero_();
    p["mix"][0][1] = 1;
    p["mix"][1][2] = 1;
    for (int64_t t = 0; t < kBlocks; ++t) {
      const std::string head = "heads." + std::to_string(t);
      p[head + ".weight"].copy_(at::eye(kWidth, at::kDouble));
      p[head + ".bias"].zero_();
    }
  }
  for (int64_t s = 0; s < kDepth; ++s) {
    const at::Tensor tokens = vit::Normal({2, 6, kWidth}, 20 + s);
    at::Tensor student = tokens.clone();
    student[1].slice(0, 1).copy_(tokens[1].slice(0, 1).flip(0));
    a.context.tap_tokens[s] = student;
    a.context.teacher_taps[s] = tokens;
  }
  EXPECT_EQ(a.Value().item<double>(), 0);
  a.context.teacher_taps[kDepth - 1][0][3][0] += 1;
  EXPECT_GT(a.Value().item<double>(), 0);
}

TEST(LayerAlignmentLoss, RefusesWhatDoesNotFit) {
  const auto error = [](const AuxiliaryLossSpec& spec,
                        const ModelSizes& sizes) {
    return std::string(MakeAuxiliaryLoss(spec, sizes).status().message());
  };
  ModelSizes visible = Sizes(4, 6), none = Sizes(4, 6);
  visible.teacher_input = ModelSizes::TeacherInput::kVisible;
  none.teacher.reset();
  for (const ModelSizes& sizes : {visible, none}) {
    EXPECT_THAT(error(Spec(true), sizes),
                StartsWith("layer_alignment: needs a teacher that reads"));
  }
  for (const int blocks : {0, 5}) {
    AuxiliaryLossSpec spec = Spec(true);
    spec.mutable_layer_alignment()->set_teacher_blocks(blocks);
    EXPECT_THAT(
        error(spec, Sizes(4, 6)),
        StartsWith("layer_alignment.teacher_blocks: " + std::to_string(blocks) +
                   " is not in [1, 4]; mae.teacher has 4 blocks"));
  }
  AuxiliaryLossSpec spec = Spec(true);
  spec.mutable_layer_alignment()->set_beta(0);
  EXPECT_THAT(error(spec, Sizes(4, 6)),
              StartsWith("layer_alignment.beta: 0 is not above 0"));
}

}  // namespace
}  // namespace caldera::ssl
