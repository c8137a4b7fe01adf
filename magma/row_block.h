// The rows of the B x B matrices that this process computes: all rows, or its
// own in a job of several processes.
//
//   RowBlock rows(batch, exchange);       // 1/P of the rows
//   at::Tensor sums = rows.Gather(w.sum(1));  // w [b, B] -> [B]
//
// With all rows nothing is exchanged and every function is the identity, so
// the same code serves one process and many.
#ifndef CALDERA_MAGMA_ROW_BLOCK_H_
#define CALDERA_MAGMA_ROW_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "magma/exchange.h"

namespace caldera::magma {

class RowBlock {
 public:
  explicit RowBlock(int64_t batch);  // all rows
  // The rows from rank B / P on, B / P of them; P divides `batch`. `exchange`
  // must outlive the block.
  RowBlock(int64_t batch, const Exchange& exchange);

  int64_t batch() const { return batch_; }  // B
  int64_t size() const { return size_; }    // b

  // Returns this block's rows: [B, ...] -> [b, ...], a view.
  at::Tensor Own(const at::Tensor& all) const;
  // Returns the rows of every process: [b, ...] -> [B, ...].
  at::Tensor Gather(const at::Tensor& own) const;
  // Returns the sums of scalars, [], over the processes.
  std::vector<at::Tensor> Sum(std::vector<at::Tensor> scalars) const;
  at::Tensor Sum(const at::Tensor& scalar) const;
  // Returns the entries (i, i) of the full matrix: [b, B] -> [b], a view.
  at::Tensor Diagonal(const at::Tensor& matrix) const;

 private:
  int64_t batch_;
  int64_t begin_ = 0;
  int64_t size_;
  const Exchange* exchange_ = nullptr;  // null: all rows
};

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_ROW_BLOCK_H_
