// Compiles the examples of this room's front headers, word for word.
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>

#include "absl/status/statusor.h"
#include "magma/manifold_loss.h"
#include "magma/regularizer.h"

namespace caldera {

// clang-format off

TEST(Examples, ManifoldLoss) {
  const at::Tensor x = at::randn({8, 4}).requires_grad_();
  const at::Tensor y = at::randn({8, 4}).requires_grad_();
  // From magma/manifold_loss.h:
  at::Tensor loss = magma::ManifoldLoss(x, y, {});  // x, y: [B, D] features
  loss.backward();                                  // into both layers
  EXPECT_TRUE(y.grad().defined());
}

namespace magma {

TEST(Examples, Regularizer) {
  const RegularizerSpec spec;
  const std::map<int64_t, at::Tensor> taps = {{10, at::randn({8, 4})},
                                              {11, at::randn({8, 4})}};
  // From magma/regularizer.h:
  absl::StatusOr<Regularizer> regularizer =
      Regularizer::Create(spec, /*num_blocks=*/12);
  // regularizer->blocks() is {10, 11}: the encoder must tap these
  at::Tensor loss = regularizer->Loss(
      [&](int64_t block) { return taps.at(block); });  // [B, D] each
  EXPECT_EQ(loss.dim(), 0);
}

}  // namespace magma
}  // namespace caldera
