// The rows of all processes, with a gradient.
//
//   const at::Tensor all = GatherRows(z, processes);  // [b, D] -> [P b, D]
//   NtXent(all, ...).backward();
//
// For a loss over the whole batch that every process computes alike: the
// gradient that a process sends back is the sum over the processes of theirs,
// so P times that of the loss, which the mean over processes of the parameters'
// gradients (gradient_reducer.h) undoes.
#ifndef CALDERA_SSL_DISTRIBUTED_GATHER_H_
#define CALDERA_SSL_DISTRIBUTED_GATHER_H_

#include <ATen/core/Tensor.h>

#include "magma/exchange.h"
#include "ssl/distributed/processes.h"

namespace caldera::ssl {

// rows: [b, ...], as many on each process -> [P b, ...]. The identity for a
// process alone. `processes` outlives the graph.
at::Tensor GatherRows(const at::Tensor& rows, const Processes& processes);

// What the manifold loss asks of the others; it needs no gradient.
magma::Exchange MakeExchange(const Processes& processes);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_GATHER_H_
