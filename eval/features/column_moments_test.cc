#include "eval/features/column_moments.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace caldera::eval {
namespace {

// As it was before columns were summed in blocks.
at::Tensor WholeSquares(const at::Tensor& rows, const at::Tensor& mean) {
  at::Tensor squares = at::zeros_like(mean);
  for (int64_t first = 0; first < rows.size(0); first += 1 << 14) {
    squares +=
        rows.narrow(0, first, std::min<int64_t>(1 << 14, rows.size(0) - first))
            .to(at::kDouble)
            .sub(mean)
            .square()
            .sum(0);
  }
  return squares / rows.size(0);
}

TEST(ColumnMoments, HaveTheBitsOfOneSumOverTheMatrix) {
  const int threads = at::get_num_threads();
  for (const int some : {1, 2}) {
    at::set_num_threads(some);
    // The last ones take several blocks of columns.
    for (const std::vector<int64_t>& shape :
         std::vector<std::vector<int64_t>>{{1, 3},
                                           {7, 1},
                                           {300, 17},
                                           {20000, 192},
                                           {20000, 784},

                                           {300000, 33}}) {
      for (const auto type : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(testing::Message()
                     << shape[0] << " x " << shape[1] << ", threads " << some
                     << ", " << type);
        const at::Tensor rows = at::randn(shape, type) + 0.3;
        const at::Tensor mean = ColumnMean(rows);
        EXPECT_TRUE(at::equal(mean, rows.mean(0, false, at::kDouble)));
        EXPECT_TRUE(
            at::equal(ColumnSquares(rows, mean), WholeSquares(rows, mean)));
      }
    }
  }
  at::set_num_threads(threads);
}

TEST(ColumnMoments, HoldFarLessThanTheMatrix) {
  EXPECT_LT(ColumnMomentsBytes(50'000, 150'528), 30'000'000);
  EXPECT_LT(ColumnMomentsBytes(1'280'000, 768), 170'000'000);
  EXPECT_EQ(ColumnMomentsBytes(10, 4), 3 * 8 * 10 * 4);
}

}  // namespace
}  // namespace caldera::eval
