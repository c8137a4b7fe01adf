// Averages gradients over the processes while backward still runs.
//
//   GradientReducer reducer(parameters, processes);
//   for (...) {
//     reducer.Prepare();           // before the step's (last) forward
//     at::Tensor loss = Forward();
//     reducer.Backward(loss);      // parameters' gradients are the mean
//   }
//
// c10d's Reducer: gradients go into buckets of some megabytes, and a full one
// is exchanged at once. A process alone just calls backward.
//
// Caveats: every parameter takes part in every loss. Gradients are views into
// the buckets. For gradient accumulation call loss.backward() for all parts but
// the last one, without Prepare.
#ifndef CALDERA_SSL_DISTRIBUTED_GRADIENT_REDUCER_H_
#define CALDERA_SSL_DISTRIBUTED_GRADIENT_REDUCER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "ssl/distributed/processes.h"

namespace c10d {
class Reducer;
}  // namespace c10d

namespace caldera::ssl {

struct GradientReducerOptions {
  int64_t first_bucket_bytes = 1 << 20;  // small: it starts the exchange early
  int64_t bucket_bytes = 25 << 20;
};

class GradientReducer {
 public:
  // `parameters` need gradients; equal on all processes, which this checks no
  // further than their shapes. `processes` outlives this.
  GradientReducer(const std::vector<at::Tensor>& parameters,
                  const Processes& processes,
                  const GradientReducerOptions& options = {});
  ~GradientReducer();

  void Prepare();
  void Backward(const at::Tensor& loss);

 private:
  const Processes& processes_;
  std::shared_ptr<c10d::Reducer> reducer_;  // null for a process alone
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_GRADIENT_REDUCER_H_
