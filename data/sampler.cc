#include "data/sampler.h"

#include <glog/logging.h>

#include <numeric>
#include <utility>

#include "data/random_stream.h"

namespace caldera::data {

std::vector<int64_t> EpochOrder(int64_t size, uint64_t seed, int64_t epoch) {
  CHECK_GE(size, 0);
  CHECK_GE(epoch, 0);
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  RandomStream stream(seed, "shuffle", epoch, 0);
  // Fisher-Yates, from the end.
  for (int64_t i = size - 1; i > 0; --i) {
    std::swap(order[i], order[stream.UniformInt(i + 1)]);
  }
  return order;
}

}  // namespace caldera::data
