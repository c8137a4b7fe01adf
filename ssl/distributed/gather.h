// Gathers the rows of all processes, with a gradient.
//
//   const at::Tensor all = GatherRows(z, processes);  // [b, D] -> [P b, D]
//   NtXent(all, ...).backward();
//
// It is for a loss over the batch that every process computes alike: the
// gradient that a process sends back is the sum over the processes of theirs,
// that is P times that of the loss; the mean over processes of the parameters'
// gradients (gradient_reducer.h) undoes this.
#ifndef CALDERA_SSL_DISTRIBUTED_GATHER_H_
#define CALDERA_SSL_DISTRIBUTED_GATHER_H_

#include <ATen/core/Tensor.h>

#include "magma/exchange.h"
#include "ssl/distributed/processes.h"

namespace caldera::ssl {

// Returns the rows [b, ...], as many on each process, as [P b, ...]. The
// identity for a single process. `processes` outlives the graph.
at::Tensor GatherRows(const at::Tensor& rows, const Processes& processes);

// Returns the exchange that the manifold loss needs; it needs no gradient.
magma::Exchange MakeExchange(const Processes& processes);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_GATHER_H_
