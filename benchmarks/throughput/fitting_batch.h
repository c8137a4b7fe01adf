// Which batch fits where one does not.
//
//   absl::StatusOr<int64_t> batch = LargestBatch(4096, [&](int64_t b) {
//     return TakesASteps(b);
//   });
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_FITTING_BATCH_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_FITTING_BATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::benchmarks {

// The largest batch below `failing` for which `fits`, found within a sixteenth
// of it, a multiple of `unit`; 0 where even `unit` does not fit. Tries few:
// half until one fits, then between. An error of `fits` ends it.
absl::StatusOr<int64_t> LargestBatch(
    int64_t failing, int64_t unit,
    const std::function<absl::StatusOr<bool>(int64_t batch)>& fits);

// Before a step is taken on a CPU: whether the experiment's step fits into
// `available` bytes, from the sizes of its tensors
// (ssl/train/forecast/forecast.h). ResourceExhausted, beginning with
// "train.batch_size", with the size that would fit. processes: how many share a
// batch and, on one machine, its memory.
absl::Status CheckItFits(const ssl::Experiment& experiment, int64_t available,
                         int64_t processes);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_FITTING_BATCH_H_
