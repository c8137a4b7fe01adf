// Finds a batch size that fits into memory where another does not.
//
//   absl::StatusOr<int64_t> batch = LargestBatch(4096, [&](int64_t b) {
//     return TakesAStep(b);
//   });
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_FITTING_BATCH_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_FITTING_BATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::benchmarks {

// Returns the largest batch below `failing` for which `fits` is true, a
// multiple of `unit` and exact to a sixteenth; 0 where even `unit` does not
// fit. It makes few calls: it halves until a batch fits, and then bisects.
// Errors: those of `fits`.
absl::StatusOr<int64_t> LargestBatch(
    int64_t failing, int64_t unit,
    const std::function<absl::StatusOr<bool>(int64_t batch)>& fits);

// Checks before a step on a CPU that it fits into `available` bytes, by the
// sizes of its tensors (ssl/train/forecast/forecast.h). ResourceExhausted,
// beginning with "train.batch_size", with the size that would fit. processes:
// how many share a batch and, on one machine, its memory.
absl::Status CheckItFits(const ssl::Experiment& experiment, int64_t available,
                         int64_t processes);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_FITTING_BATCH_H_
