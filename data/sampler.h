// The order in which an epoch visits a data set.
//
//   std::vector<int64_t> order = EpochOrder(60000, seed, epoch);
#ifndef CALDERA_DATA_SAMPLER_H_
#define CALDERA_DATA_SAMPLER_H_

#include <cstdint>
#include <vector>

namespace caldera::data {

// A permutation of 0..size-1, uniform, and a pure function of its arguments:
// stream (seed, "shuffle", epoch, 0). size >= 0, epoch >= 0.
std::vector<int64_t> EpochOrder(int64_t size, uint64_t seed, int64_t epoch);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SAMPLER_H_
