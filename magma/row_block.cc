#include "magma/row_block.h"

#include <ATen/ops/stack.h>
#include <c10/util/Exception.h>

#include <utility>

namespace caldera::magma {

RowBlock::RowBlock(int64_t batch) : batch_(batch), size_(batch) {}

RowBlock::RowBlock(int64_t batch, const Exchange& exchange)
    : batch_(batch), size_(batch / exchange.size) {
  TORCH_CHECK(size_ * exchange.size == batch, "a batch of ", batch,
              " rows is not shared evenly by ", exchange.size, " processes");
  begin_ = exchange.rank * size_;
  if (exchange.size > 1) exchange_ = &exchange;
}

at::Tensor RowBlock::Own(const at::Tensor& all) const {
  return exchange_ == nullptr ? all : all.narrow(0, begin_, size_);
}

at::Tensor RowBlock::Gather(const at::Tensor& own) const {
  return exchange_ == nullptr ? own : exchange_->gather(own);
}

std::vector<at::Tensor> RowBlock::Sum(std::vector<at::Tensor> scalars) const {
  if (exchange_ == nullptr) return scalars;
  return exchange_->sum(at::stack(scalars)).unbind(0);  // one exchange
}

at::Tensor RowBlock::Sum(const at::Tensor& scalar) const {
  return exchange_ == nullptr ? scalar : exchange_->sum(scalar);
}

at::Tensor RowBlock::Diagonal(const at::Tensor& matrix) const {
  return matrix.diagonal(begin_);
}

}  // namespace caldera::magma
