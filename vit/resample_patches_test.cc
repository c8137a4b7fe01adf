#include "vit/resample_patches.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/einsum.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

// Keys' cubic kernel of a = -0.5.
double Cubic(double x) {
  x = std::abs(x);
  if (x < 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
  if (x < 2) return -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
  return 0;
}

// Returns the matrix [to, from] that resizes a line of pixels with
// antialiasing, weight by weight.
at::Tensor Line(int64_t from, int64_t to) {
  at::Tensor matrix = at::zeros({to, from}, at::kDouble);
  const double scale = static_cast<double>(from) / to;
  const double wide = std::max(scale, 1.0);
  for (int64_t i = 0; i < to; ++i) {
    const double centre = scale * (i + 0.5);
    const int64_t first =
        std::max<int64_t>(0, static_cast<int64_t>(centre - 2 * wide + 0.5));
    const int64_t end =
        std::min(from, static_cast<int64_t>(centre + 2 * wide + 0.5));
    double sum = 0;
    for (int64_t j = first; j < end; ++j) {
      sum += Cubic((j - centre + 0.5) / wide);
    }
    for (int64_t j = first; j < end; ++j) {
      matrix[i][j] = Cubic((j - centre + 0.5) / wide) / sum;
    }
  }
  return matrix;
}

// Returns the matrix [to*to, from*from] that resizes a patch, entry by entry.
at::Tensor Resize(int64_t from, int64_t to) {
  return at::einsum("ab,cd->acbd", {Line(from, to), Line(from, to)})
      .reshape({to * to, from * from});
}

// The pseudo-inverse of the transposed matrix, whose rank is full, by its
// definition.
TEST(ResamplePatches, IsThePseudoInverseOfTheResize) {
  for (const auto& [from, to] : {std::pair(4, 7), std::pair(6, 4)}) {
    const at::Tensor r = Resize(from, to);  // [N', N]
    const at::Tensor inverse =
        to > from ? at::matmul(r, at::linalg_inv(at::matmul(r.t(), r)))
                  : at::matmul(at::linalg_inv(at::matmul(r, r.t())), r);
    const at::Tensor weight = Normal({3, 2, from, from}, 1);
    const at::Tensor expected =
        at::matmul(weight.reshape({6, from * from}), inverse.t())
            .view({3, 2, to, to});
    EXPECT_TRUE(at::allclose(ResamplePatches(weight, to), expected, 1e-9, 1e-9))
        << from << " -> " << to;
  }
}

TEST(ResamplePatches, AnEnlargedPatchGivesTheSameToken) {
  const at::Tensor weight = Normal({5, 1, 4, 4}, 1);
  const at::Tensor patch = Normal({16, 1}, 2);
  const at::Tensor tokens = at::matmul(weight.view({5, 16}), patch);
  const at::Tensor larger = at::matmul(ResamplePatches(weight, 8).view({5, 64}),
                                       at::matmul(Resize(4, 8), patch));
  EXPECT_TRUE(at::allclose(larger, tokens, 1e-9, 1e-9));
}

TEST(ResamplePatches, LeavesTheSameSizeAndTheTypeAlone) {
  const at::Tensor weight = Normal({5, 1, 4, 4}, 1).to(at::kFloat);
  EXPECT_TRUE(ResamplePatches(weight, 4).is_same(weight));
  EXPECT_EQ(ResamplePatches(weight, 8).scalar_type(), at::kFloat);
}

// A grey image has the same values in all channels.
TEST(ResampleChannels, GreyImagesGiveTheSameTokens) {
  const at::Tensor colour = Normal({5, 3, 4, 4}, 1);
  const at::Tensor grey = ResampleChannels(colour, 1);
  EXPECT_EQ(grey.sizes(), (at::IntArrayRef{5, 1, 4, 4}));
  EXPECT_TRUE(at::allclose(grey.select(1, 0), colour.sum(1), 1e-12, 1e-12));
  const at::Tensor three = ResampleChannels(grey, 3);
  EXPECT_EQ(three.sizes(), (at::IntArrayRef{5, 3, 4, 4}));
  EXPECT_TRUE(at::allclose(three.sum(1), grey.select(1, 0), 1e-12, 1e-12));
  EXPECT_FALSE(ResampleChannels(colour, 4).defined());
}

}  // namespace
}  // namespace caldera::vit
