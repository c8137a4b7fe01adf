// What each auxiliary term takes by itself: the regularizer, the uniformity.
//
//   absl::StatusOr<std::map<std::string, double>> seconds =
//       TermSeconds(experiment, method, batch, processes);
//   seconds->at("magma") / step_seconds;  // its share of a step
//
// Timed apart from the step, forward and backward to the features that the term
// reads: inside a step on a GPU nothing can be timed alone, and differences of
// whole steps are smaller than their noise. As in a step it runs from a CUDA
// graph where there is one, on a CPU with all threads.
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_TERM_SECONDS_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_TERM_SECONDS_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"

namespace caldera::benchmarks {

// By the terms' names in metrics, medians of some runs each. `method` is the
// experiment's, on the batch's device; its forward pass gives the features. All
// processes call it together. Errors: those of ssl::Objective::Create.
absl::StatusOr<std::map<std::string, double>> TermSeconds(
    const ssl::Experiment& experiment, ssl::Method& method,
    const ssl::DeviceBatch& batch, const ssl::Processes& processes);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_TERM_SECONDS_H_
