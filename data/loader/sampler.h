// Draws the order in which an epoch visits a data set, and finds a process's
// rows.
//
//   std::vector<int64_t> order = EpochOrder(60000, seed, epoch);
//   const std::vector<int64_t> shards = dataset->shards();  // tar files
//   order = ShardedEpochOrder(shards, /*buffer=*/8192, seed, epoch);
//   RankRows rows = RankRowsOf(step, 4096, 60000, rank, world_size);
//
// All are pure functions, so that a run's position is (epoch, step) and each
// rank computes which images are its own.
#ifndef CALDERA_DATA_LOADER_SAMPLER_H_
#define CALDERA_DATA_LOADER_SAMPLER_H_

#include <cstdint>
#include <vector>

namespace caldera::data {

// Returns a uniform permutation of 0..size-1, drawn from stream (seed,
// "shuffle", epoch, 0). size >= 0, epoch >= 0.
std::vector<int64_t> EpochOrder(int64_t size, uint64_t seed, int64_t epoch);

// Returns a permutation of 0..sum-1 for images that are stored one after
// another in tar shards of `shard_sizes` images. The shards are read in random
// order (stream (seed, "shuffle shards", epoch, 0)), each from its beginning to
// its end, through a shuffle buffer of `buffer` images (stream (seed, "shuffle
// buffer", epoch, 0)): each step takes one image of the buffer, drawn
// uniformly, and puts the next image read in its place. Images that are close
// in the order are therefore close together in few files, which a disk or a
// network reads in sequence. Images of a shard stay near one another if the
// buffer is smaller than a few shards. Sizes >= 0, buffer >= 1, epoch >= 0.
std::vector<int64_t> ShardedEpochOrder(const std::vector<int64_t>& shard_sizes,
                                       int64_t buffer, uint64_t seed,
                                       int64_t epoch);

// Positions [begin, end) of an epoch's order.
struct RankRows {
  int64_t begin = 0, end = 0;
};

// Returns the rows of a process in the batch of `step`. The batch is
// `batch_size` consecutive positions (fewer at the end of the epoch), of which
// rank r of P takes the r-th contiguous run. The runs of a batch differ by at
// most one in length and may be empty; joined in order, they are the batch that
// one process would have. 0 <= rank < world_size; the step is within the epoch.
RankRows RankRowsOf(int64_t step, int64_t batch_size, int64_t epoch_size,
                    int rank, int world_size);

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_SAMPLER_H_
