#include "vit/model/patch_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

TEST(Patchify, OrdersRowThenColumnThenChannel) {
  const int64_t b = 2, c = 3, p = 4, h = 2, w = 3;
  const at::Tensor images =
      at::arange(b * c * h * p * w * p).reshape({b, c, h * p, w * p});
  const at::Tensor patches = Patchify(images, p);
  ASSERT_EQ(patches.sizes(), (at::IntArrayRef{b, h * w, p * p * c}));
  const at::Tensor flat = patches.contiguous();
  const int64_t* value = flat.const_data_ptr<int64_t>();
  for (int64_t n = 0; n < b; ++n) {
    for (int64_t patch = 0; patch < h * w; ++patch) {
      const int64_t top = patch / w * p, left = patch % w * p;
      for (int64_t row = 0; row < p; ++row) {
        for (int64_t column = 0; column < p; ++column) {
          for (int64_t channel = 0; channel < c; ++channel, ++value) {
            const at::Tensor pixel =
                images[n][channel][top + row][left + column];
            ASSERT_EQ(*value, pixel.item<int64_t>());
          }
        }
      }
    }
  }
}

TEST(Unpatchify, IsTheInverse) {
  for (const int64_t channels : {1, 3}) {
    const at::Tensor images = Normal({2, channels, 12, 12}, 0);
    for (const int64_t p : {1, 3, 4, 12}) {
      const at::Tensor patches = Patchify(images, p);
      EXPECT_TRUE(at::equal(Unpatchify(patches, p, channels), images)) << p;
    }
  }
}

TEST(PatchifyDeathTest, RefusesWhatDoesNotDivide) {
  EXPECT_DEATH(Patchify(Normal({1, 1, 8, 6}, 0), 4), "1, 1, 8, 6");
  EXPECT_DEATH(Unpatchify(Normal({1, 6, 4}, 0), 2, 1), "not square");
}

TEST(PatchEmbed, EqualsTheConvolution) {
  PatchEmbed embed(4, 3, 16);
  FillNormal(embed, 0.3, 1);
  const at::Tensor images = Normal({2, 3, 8, 12}, 2);
  const auto parameters = embed.named_parameters();
  const at::Tensor expected =
      at::conv2d(images, parameters["proj.weight"], parameters["proj.bias"],
                 /*stride=*/4)  // [B, D, h, w]
          .flatten(2)           // [B, D, N]
          .transpose(1, 2);     // [B, N, D]
  const at::Tensor tokens = embed.forward(images, {});
  ASSERT_EQ(tokens.sizes(), (at::IntArrayRef{2, 6, 16}));
  EXPECT_TRUE(tokens.allclose(expected, 0, 1e-12));
}

TEST(PatchEmbed, EmbedsOnlyThePatchesThatAreKept) {
  PatchEmbed embed(4, 3, 16);
  FillNormal(embed, 0.3, 1);
  const at::Tensor images = Normal({2, 3, 8, 12}, 2);
  const at::Tensor all = embed.forward(images, {});
  const int64_t kept[2][3] = {{5, 0, 2}, {1, 4, 3}};
  const at::Tensor ids = at::tensor({5, 0, 2, 1, 4, 3}, at::kLong).view({2, 3});
  const at::Tensor tokens = embed.forward(images, ids);
  ASSERT_EQ(tokens.sizes(), (at::IntArrayRef{2, 3, 16}));
  for (int b = 0; b < 2; ++b) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(tokens[b][i].allclose(all[b][kept[b][i]], 0, 1e-12));
    }
  }
}

TEST(PatchEmbed, HoldsTheConvolutionsParameters) {
  EXPECT_EQ(ParameterShapes(PatchEmbed(4, 3, 16)),
            (std::vector<std::string>{"proj.bias [16]",
                                      "proj.weight [16, 3, 4, 4]"}));
}

}  // namespace
}  // namespace caldera::vit
