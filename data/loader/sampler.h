// The order in which an epoch visits a data set, and a process's part of it.
//
//   std::vector<int64_t> order = EpochOrder(60000, seed, epoch);
//   const std::vector<int64_t> shards = dataset->shards();  // tar files
//   order = ShardedEpochOrder(shards, /*buffer=*/8192, seed, epoch);
//   RankRows rows = RankRowsOf(step, 4096, 60000, rank, world_size);
//
// All are pure functions, so that a run's position is (epoch, step) and any
// rank can say which images are its own.
#ifndef CALDERA_DATA_LOADER_SAMPLER_H_
#define CALDERA_DATA_LOADER_SAMPLER_H_

#include <cstdint>
#include <vector>

namespace caldera::data {

// A permutation of 0..size-1, uniform, and a pure function of its arguments:
// stream (seed, "shuffle", epoch, 0). size >= 0, epoch >= 0.
std::vector<int64_t> EpochOrder(int64_t size, uint64_t seed, int64_t epoch);

// A permutation of 0..sum-1 for images that lie one after another in files of
// `shard_sizes` images: the files in random order (stream (seed, "shuffle
// shards", epoch, 0)), each read from its beginning to its end, through a
// shuffle buffer of `buffer` images (stream (seed, "shuffle buffer", epoch,
// 0)): each step gives one image of the buffer, drawn uniformly, and puts the
// next one read in its place. So the images that are given at any time lie
// close together in few files, which a disk or a network reads in sequence.
// Images of a file stay near one another where the buffer is smaller than a
// few files. Sizes >= 0, buffer >= 1, epoch >= 0.
std::vector<int64_t> ShardedEpochOrder(const std::vector<int64_t>& shard_sizes,
                                       int64_t buffer, uint64_t seed,
                                       int64_t epoch);

// Positions [begin, end) of an epoch's order.
struct RankRows {
  int64_t begin = 0, end = 0;
};

// The part of one process in the batch of `step`: the batch is `batch_size`
// consecutive positions (fewer at the end of the epoch), of which rank r of P
// takes the r-th contiguous part. The parts of a batch differ by at most one in
// length and may be empty; joined in order they are the batch that one process
// would have. 0 <= rank < world_size; the step lies in the epoch.
RankRows RankRowsOf(int64_t step, int64_t batch_size, int64_t epoch_size,
                    int rank, int world_size);

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_SAMPLER_H_
