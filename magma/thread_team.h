// The threads of this process as a job of several: each computes some rows.
//
//   std::vector<at::Tensor> parts(size);
//   RunOnTeam(size, [&](const Exchange& exchange) {
//     const RowBlock rows(batch, exchange);
//     parts[exchange.rank] = ...;                 // ATen has one thread here
//   });
//
// One wake-up of the team for the whole loss, and meetings of a microsecond,
// where a product of two threads wakes the second one again each time: at a
// batch of 256 that takes as long as the product.
//
// Caveats: CPU only. A thread that waits spins for a moment, then lets others
// run. The same size gives the same bits.
#ifndef CALDERA_MAGMA_THREAD_TEAM_H_
#define CALDERA_MAGMA_THREAD_TEAM_H_

#include <cstdint>
#include <functional>

#include "magma/exchange.h"

namespace caldera::magma {

// Runs `body` on `size` threads at once, with grad mode, dispatch and profiling
// as the caller has them. All make the same calls of the exchange. false: so
// many threads are not to be had (ATen has fewer, or this is inside of a
// parallel region), and what ran of `body` is to be forgotten. An exception of
// `body` releases the threads that wait for it and is thrown again here.
bool RunOnTeam(int64_t size, const std::function<void(const Exchange&)>& body);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_THREAD_TEAM_H_
