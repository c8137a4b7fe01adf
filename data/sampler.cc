#include "data/sampler.h"

#include <glog/logging.h>

#include <algorithm>
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

Shard ShardOf(int64_t step, int64_t batch_size, int64_t epoch_size, int rank,
              int world_size) {
  CHECK(rank >= 0 && rank < world_size) << rank << " of " << world_size;
  const int64_t begin = step * batch_size;
  const int64_t count = std::min(batch_size, epoch_size - begin);
  CHECK(step >= 0 && count >= 1) << "step " << step;
  return {begin + count * rank / world_size,
          begin + count * (rank + 1) / world_size};
}

}  // namespace caldera::data
