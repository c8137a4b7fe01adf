// Runs several "processes" as threads of one test.
//
//   RunTogether(4, [&](const Exchange& exchange) {
//     ManifoldLoss(x[exchange.rank], y[exchange.rank], {}, nullptr, exchange);
//   });
#ifndef CALDERA_MAGMA_EXCHANGE_TESTING_H_
#define CALDERA_MAGMA_EXCHANGE_TESTING_H_

#include <cstdint>
#include <functional>

#include "magma/exchange.h"

namespace caldera::magma {

// Calls `body` once for each of `size` ranks, each in its own thread, with
// exchanges that wait for all ranks. Returns when all calls have returned;
// `body` must not throw.
void RunTogether(int64_t size,
                 const std::function<void(const Exchange&)>& body);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_EXCHANGE_TESTING_H_
