#include "ssl/train/checkpoint/finite_state.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <limits>

namespace caldera::ssl {
namespace {

TEST(CheckFinite, FindsOneNumberInAnyType) {
  for (const at::ScalarType type :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
      at::Tensor tensor = at::full({3, 7}, 65000, type);  // near half's largest
      const vit::StateDict state = {{"count", at::ones({2}, at::kLong)},
                                    {"weight", tensor}};
      EXPECT_TRUE(CheckFinite(state).ok()) << type;
      tensor[2][6] = bad;
      EXPECT_EQ(CheckFinite(state).message(),
                "the tensor \"weight\" is not finite")
          << type << " " << bad;
    }
  }
}

}  // namespace
}  // namespace caldera::ssl
