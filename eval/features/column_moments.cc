#include "eval/features/column_moments.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <functional>

namespace caldera::eval {
namespace {

constexpr int64_t kNumbersAtATime = 1 << 20;  // 8 MiB of double
// Fewer would read each cache line more than once. A single column would also
// be summed as a contiguous row is, in another order.
constexpr int64_t kLeastColumns = 16;
constexpr int64_t kRowsAtATime = 1 << 14;

int64_t ColumnsAtATime(int64_t rows, int64_t width) {
  return std::min(width, std::max(kLeastColumns, kNumbersAtATime / rows));
}

// Calls `work(first, count)` for blocks of columns that cover [0, width). The
// last one overlaps the one before rather than be narrower.
void ForEachBlock(int64_t rows, int64_t width,
                  const std::function<void(int64_t, int64_t)>& work) {
  const int64_t columns = ColumnsAtATime(rows, width);
  for (int64_t first = 0; first < width; first += columns) {
    work(std::min(first, width - columns), columns);
  }
}

}  // namespace

at::Tensor ColumnMean(const at::Tensor& rows) {
  // Nothing is converted, and columns of a wider matrix would be summed in
  // another order.
  if (rows.scalar_type() == at::kDouble) return rows.mean(0);
  const at::Tensor mean =
      at::empty({rows.size(1)}, rows.options().dtype(at::kDouble));
  ForEachBlock(rows.size(0), rows.size(1), [&](int64_t first, int64_t count) {
    mean.narrow(0, first, count)
        .copy_(rows.narrow(1, first, count)
                   .mean(0, /*keepdim=*/false, at::kDouble));
  });
  return mean;
}

at::Tensor ColumnSquares(const at::Tensor& rows, const at::Tensor& mean) {
  const int64_t height = rows.size(0);
  const at::Tensor squares = at::zeros_like(mean);  // [D]
  const int64_t block = std::min(height, kRowsAtATime);
  ForEachBlock(block, rows.size(1), [&](int64_t first, int64_t count) {
    const at::Tensor shift = mean.narrow(0, first, count);
    at::Tensor sum = at::zeros_like(shift);
    for (int64_t row = 0; row < height; row += block) {
      sum += rows.narrow(0, row, std::min(block, height - row))
                 .narrow(1, first, count)
                 .to(at::kDouble)
                 .sub(shift)
                 .square()
                 .sum(0);
    }
    squares.narrow(0, first, count).copy_(sum);
  });
  return squares.div_(height);
}

int64_t ColumnMomentsBytes(int64_t rows, int64_t width) {
  constexpr int64_t kDouble = 8, kCopies = 3;  // converted, shifted, squared
  const int64_t block = std::min(rows, kRowsAtATime);
  return kDouble * std::max(rows * ColumnsAtATime(rows, width),
                            kCopies * block * ColumnsAtATime(block, width));
}

}  // namespace caldera::eval
