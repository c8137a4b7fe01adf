// Runs the threads of this process like the processes of a job: each computes
// some rows.
//
//   std::vector<at::Tensor> parts(size);
//   RunOnTeam(size, [&](const Exchange& exchange) {
//     const RowBlock rows(batch, exchange);
//     parts[exchange.rank] = ...;                 // ATen uses one thread here
//   });
//
// The team is woken once for the loss, and an exchange takes a microsecond. A
// product on two threads would wake the second one each time: at a batch of 256
// that takes as long as the product.
//
// Caveats: it is for CPUs only. A waiting thread spins briefly, then yields.
// The same size results in the same bits.
#ifndef CALDERA_MAGMA_THREAD_TEAM_H_
#define CALDERA_MAGMA_THREAD_TEAM_H_

#include <cstdint>
#include <functional>

#include "magma/exchange.h"

namespace caldera::magma {

// Runs `body` on `size` threads at once, with the caller's grad mode, dispatch
// keys and profiling. All threads make the same calls of the exchange. Returns
// false if there are not as many threads (ATen has fewer, or this is inside a
// parallel region); the results of `body` must then be discarded. An exception
// of `body` releases the threads that wait for it and is thrown again here.
bool RunOnTeam(int64_t size, const std::function<void(const Exchange&)>& body);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_THREAD_TEAM_H_
