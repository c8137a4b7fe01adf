#include "data/loader/sampler.h"

#include <glog/logging.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/random_stream.h"

namespace caldera::data {
namespace {

// Shuffles 0..size-1 by Fisher and Yates, from the end.
std::vector<int64_t> Permutation(int64_t size, base::RandomStream stream) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  for (int64_t i = size - 1; i > 0; --i) {
    std::swap(order[i], order[stream.UniformInt(i + 1)]);
  }
  return order;
}

}  // namespace

std::vector<int64_t> EpochOrder(int64_t size, uint64_t seed, int64_t epoch) {
  CHECK_GE(size, 0);
  CHECK_GE(epoch, 0);
  return Permutation(size, base::RandomStream(seed, "shuffle", epoch, 0));
}

std::vector<int64_t> ShardedEpochOrder(const std::vector<int64_t>& shard_sizes,
                                       int64_t buffer, uint64_t seed,
                                       int64_t epoch) {
  CHECK_GE(buffer, 1);
  CHECK_GE(epoch, 0);
  std::vector<int64_t> begins;  // of each shard's images
  int64_t size = 0;
  for (const int64_t shard_size : shard_sizes) {
    CHECK_GE(shard_size, 0);
    begins.push_back(size);
    size += shard_size;
  }
  const std::vector<int64_t> shards = Permutation(
      shard_sizes.size(), base::RandomStream(seed, "shuffle shards", epoch, 0));

  base::RandomStream stream(seed, "shuffle buffer", epoch, 0);
  std::vector<int64_t> order, held;
  order.reserve(size);
  held.reserve(std::min(buffer, size));
  for (const int64_t shard : shards) {
    for (int64_t i = 0; i < shard_sizes[shard]; ++i) {
      if (held.size() < buffer) {
        held.push_back(begins[shard] + i);
        continue;
      }
      const int64_t place = stream.UniformInt(buffer);
      order.push_back(held[place]);
      held[place] = begins[shard] + i;
    }
  }
  while (!held.empty()) {
    std::swap(held[stream.UniformInt(held.size())], held.back());
    order.push_back(held.back());
    held.pop_back();
  }
  return order;
}

RankRows RankRowsOf(int64_t step, int64_t batch_size, int64_t epoch_size,
                    int rank, int world_size) {
  CHECK(rank >= 0 && rank < world_size) << rank << " of " << world_size;
  const int64_t begin = step * batch_size;
  const int64_t count = std::min(batch_size, epoch_size - begin);
  CHECK(step >= 0 && count >= 1) << "step " << step;
  return {begin + count * rank / world_size,
          begin + count * (rank + 1) / world_size};
}

}  // namespace caldera::data
