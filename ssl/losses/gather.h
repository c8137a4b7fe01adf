#ifndef CALDERA_SSL_LOSSES_GATHER_H_
#define CALDERA_SSL_LOSSES_GATHER_H_

// How a batch-wide term sees the rows of every process.
//
//   at::Tensor all = context.gather(own);  // [B / P, D] -> [B, D]
//
// The rows come in the order of the processes' ranks. The gradient is the sum
// over the processes of the gradients of these rows: the term is the same on
// each of the P, so this is P times its gradient, which the mean over processes
// of the parameters' gradients undoes (ssl/distributed/gather.h).

#include <ATen/core/Tensor.h>

#include <functional>

namespace caldera::ssl {

using Gather = std::function<at::Tensor(const at::Tensor&)>;

// Of a run with one process.
inline at::Tensor NoGather(const at::Tensor& rows) { return rows; }

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_GATHER_H_
