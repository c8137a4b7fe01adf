// The functions with which the processes of a job exchange tensors, to compute
// the loss of one batch together.
//
//   magma::Exchange exchange;
//   exchange.rank = rank;
//   exchange.size = world_size;
//   exchange.gather = [&](const at::Tensor& rows) { return AllGather(rows); };
//   exchange.sum = [&](const at::Tensor& part) { return AllReduce(part); };
//   at::Tensor loss = ManifoldLoss(x, y, options, nullptr, exchange);
//
// This library does not communicate: the caller provides the two functions. All
// processes call the loss with the same number of rows and equal options; the
// functions are then called in the same order on each process. Neither needs a
// gradient.
#ifndef CALDERA_MAGMA_EXCHANGE_H_
#define CALDERA_MAGMA_EXCHANGE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace caldera::magma {

struct Exchange {
  int64_t rank = 0;
  int64_t size = 1;  // 1: the other members are not used
  // Returns the rows of every process in the order of ranks: [b, ...] -> [P b,
  // ...].
  std::function<at::Tensor(const at::Tensor&)> gather;
  // Returns the sum over the processes, the same bits on each.
  std::function<at::Tensor(const at::Tensor&)> sum;
};

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_EXCHANGE_H_
