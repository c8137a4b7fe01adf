// Compares each fused operation with its plain form, which PlainOps chooses,
// and a model that has all of them with itself.
#include "vit/ops/plain_ops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "vit/layer_norm.h"
#include "vit/model/encoder.h"
#include "vit/module_testing.h"
#include "vit/ops/add_linear.h"
#include "vit/ops/add_norm.h"
#include "vit/ops/gelu_linear.h"
#include "vit/ops/linear.h"
#include "vit/ops/norm_linear.h"
#include "vit/ops/recompute.h"

namespace caldera::vit {
namespace {

TEST(PlainOps, HoldWithinTheirScope) {
  EXPECT_FALSE(PlainOps::chosen());
  {
    const PlainOps plain;
    EXPECT_TRUE(PlainOps::chosen());
    const PlainOps fused(false);
    EXPECT_FALSE(PlainOps::chosen());
  }
  EXPECT_FALSE(PlainOps::chosen());
}

class FormsTest : public testing::Test {
 protected:
  FormsTest() {
    FillNormal(norm_, 0.5, 0);
    FillNormal(linear_, 0.5, 1);
  }

  // Expects the same value and gradients from both forms of `operation`, whose
  // last nodes in the graph differ. The backward pass of the plain form follows
  // its graph where the choice is another again.
  void ExpectSame(const std::function<at::Tensor()>& operation,
                  const std::vector<at::Tensor>& leaves) {
    const at::Tensor fused = operation();
    at::Tensor plain;
    {
      const PlainOps chosen;
      plain = operation();
    }
    EXPECT_NE(fused.grad_fn()->name(), plain.grad_fn()->name());
    EXPECT_TRUE(fused.allclose(plain, 0, 1e-13));
    const at::Tensor up = Normal(fused.sizes().vec(), 7);
    const auto a = torch::autograd::grad({fused}, leaves, {up});
    const auto b = torch::autograd::grad({plain}, leaves, {up});
    for (size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_TRUE(a[i].allclose(b[i], 1e-12, 1e-12)) << i;
    }
  }

  LayerNorm norm_{8};
  Linear linear_{8, 8};
  const at::Tensor x_ = Normal({2, 3, 8}, 2).requires_grad_();
  const at::Tensor y_ = Normal({2, 3, 8}, 3).requires_grad_();
};

TEST_F(FormsTest, OfANormAndALinearLayer) {
  ExpectSame([&] { return NormLinear(x_, norm_, linear_); },
             {x_, norm_.weight, norm_.bias, linear_.weight, linear_.bias});
  EXPECT_TRUE(PlainNormLinear(x_, norm_, linear_)
                  .equal(linear_.forward(norm_.forward(x_))));
}

TEST_F(FormsTest, OfGeluAndALinearLayer) {
  ExpectSame([&] { return GeluLinear(x_, linear_); },
             {x_, linear_.weight, linear_.bias});
  ExpectSame([&] { return GeluLinear(x_, linear_, y_); },
             {x_, y_, linear_.weight, linear_.bias});
}

TEST_F(FormsTest, OfALinearLayerAndASum) {
  ExpectSame([&] { return AddLinear(y_, linear_, x_); },
             {x_, y_, linear_.weight, linear_.bias});
  EXPECT_TRUE(PlainAddLinear(y_, linear_, x_).equal(y_ + linear_.forward(x_)));
}

TEST_F(FormsTest, OfASumAndANorm) {
  ExpectSame([&] { return AddNorm(x_, y_, norm_, at::kDouble).normed; },
             {x_, y_, norm_.weight, norm_.bias});
  ExpectSame([&] { return AddNorm(x_, y_, norm_, at::kDouble).sum; }, {x_, y_});
  ExpectSame([&] { return AddNorm(x_, {}, norm_, at::kDouble).normed; },
             {x_, norm_.weight, norm_.bias});
}

TEST_F(FormsTest, OfRecomputation) {
  ExpectSame(
      [&] {
        return Recompute(
            [&](const std::vector<at::Tensor>& in) {
              return linear_.forward(in[0]).sin();
            },
            {x_}, linear_.parameters());
      },
      {x_, linear_.weight, linear_.bias});
}

struct LossAndGradients {
  double loss;
  std::vector<at::Tensor> gradients;
};

// A small encoder of images [B, 2, 12, 12].
EncoderSpec SmallSpec() {
  EncoderSpec spec;
  spec.set_image_size(12);
  spec.set_patch_size(4);
  spec.set_channels(2);
  spec.set_embed_dim(16);
  spec.set_depth(2);
  spec.set_num_heads(2);
  return spec;
}

// Trains a small encoder with recomputation and dropped paths for no step.
LossAndGradients Measure(at::ScalarType type) {
  EncoderSpec spec = SmallSpec();
  spec.set_drop_path(0.5);
  spec.set_checkpoint_blocks(true);
  Encoder encoder(spec);
  FillNormal(encoder, 0.3, 0);
  encoder.to(type);
  EncoderRequest request;
  request.ids_context = at::tensor({8, 2, 4, 6}, at::kLong).view({2, 2});
  request.drop_path_uniforms =
      at::tensor({0.9, 0.9, 0.7, 0.2, 0.1, 0.9, 0.4, 0.6}, at::kDouble)
          .view({2, 2, 2});
  const at::Tensor loss =
      encoder.forward(Normal({2, 2, 12, 12}, 1).to(type), request)
          .tokens.pow(2)
          .mean();
  return {loss.item<double>(),
          torch::autograd::grad({loss}, encoder.parameters())};
}

void ExpectSameModel(at::ScalarType type, double tolerance) {
  const LossAndGradients fused = Measure(type);
  const PlainOps chosen;
  const LossAndGradients plain = Measure(type);
  EXPECT_NEAR(fused.loss, plain.loss, tolerance * std::abs(plain.loss));
  ASSERT_EQ(fused.gradients.size(), plain.gradients.size());
  for (size_t i = 0; i < plain.gradients.size(); ++i) {
    const double most = plain.gradients[i].abs().max().item<double>();
    EXPECT_TRUE(fused.gradients[i].allclose(plain.gradients[i], 0,
                                            10 * tolerance * (most + 1e-3)))
        << i;
  }
}

// A number of the tokens passes some 20 roundings a block, and the sums behind
// them average over 16 and more terms; both forms are within 100 roundings of
// the exact loss: 100 x 2^-24 = 6e-6 in float, 100 x 2^-53 = 1e-14 in double.
// The backward pass doubles their number, and gradients cancel in part.
TEST(PlainOps, AModelsLossIsTheSame) {
  ExpectSameModel(at::kDouble, 1e-14);
  ExpectSameModel(at::kFloat, 6e-6);
}

// A small encoder and images, for derivatives in double.
struct Model {
  Model() : encoder(SmallSpec()) {
    FillNormal(encoder, 0.3, 0);
    encoder.to(at::kDouble);
  }

  // Returns half the squared gradient of a loss in the images: a number whose
  // derivative is a second derivative.
  at::Tensor GradientPenalty(const at::Tensor& images) {
    const at::Tensor loss =
        encoder.forward(images, EncoderRequest()).tokens.sin().sum();
    const auto gradients = torch::autograd::grad(
        {loss}, {images}, {}, /*retain_graph=*/true, /*create_graph=*/true);
    return 0.5 * gradients[0].pow(2).sum();
  }

  Encoder encoder;
};

TEST(PlainOps, HaveSecondDerivatives) {
  const PlainOps plain;
  Model model;
  const at::Tensor images = Normal({2, 2, 12, 12}, 1).requires_grad_();
  const at::Tensor penalty = model.GradientPenalty(images);
  const at::Tensor gradient = torch::autograd::grad({penalty}, {images})[0];
  const at::Tensor along = Normal({2, 2, 12, 12}, 2);
  constexpr double kStep = 1e-5;
  const auto at = [&](double step) {
    return model
        .GradientPenalty((images + step * along).detach().requires_grad_())
        .item<double>();
  };
  const double expected = (at(kStep) - at(-kStep)) / (2 * kStep);
  EXPECT_NEAR((gradient * along).sum().item<double>(), expected,
              1e-6 * std::abs(expected));
}

TEST(PlainOps, FusedOnesRefuseSecondDerivatives) {
  Model model;
  const at::Tensor images = Normal({2, 2, 12, 12}, 1).requires_grad_();
  try {
    model.GradientPenalty(images);
    FAIL() << "silently wrong";
  } catch (const c10::Error& error) {
    EXPECT_NE(std::string(error.what_without_backtrace())
                  .find("train.plain_ops=true"),
              std::string::npos)
        << error.what();
  }
}

// Each alone: another one in the model would hide it.
TEST_F(FormsTest, EachFusedOneRefusesSecondDerivatives) {
  const std::vector<std::function<at::Tensor()>> operations = {
      [&] { return NormLinear(x_, norm_, linear_); },
      [&] { return GeluLinear(x_, linear_); },
      [&] { return AddNorm(x_, y_, norm_, at::kDouble).normed; },
      [&] {
        return Recompute(
            [](const std::vector<at::Tensor>& in) { return in[0].sin(); }, {x_},
            {});
      }};
  for (size_t i = 0; i < operations.size(); ++i) {
    const auto derive = [&] {
      torch::autograd::grad({operations[i]().sum()}, {x_}, {},
                            /*retain_graph=*/true, /*create_graph=*/true);
    };
    EXPECT_THROW(derive(), c10::Error) << i;
    const PlainOps plain;
    EXPECT_NO_THROW(derive()) << i;
  }
}

}  // namespace
}  // namespace caldera::vit
