// Averages gradients over the processes while backward still runs.
//
//   GradientReducer reducer(parameters, processes);
//   for (...) {
//     reducer.Prepare();           // before the (last) forward of the step
//     at::Tensor loss = Forward();
//     reducer.Backward(loss);      // parameters' gradients are the mean
//   }
//
// It uses c10d's Reducer: gradients go into buckets of some megabytes, and a
// full bucket is exchanged at once. A single process just calls backward.
//
// Caveats: every parameter takes part in every loss, unless the options say
// otherwise (its gradient is then undefined, or zero on a process of which only
// the own loss left it out). Gradients are views into the buckets. For gradient
// accumulation call loss.backward() for all microbatches except the last one,
// without Prepare.
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
  // True if some losses leave parameters out, which costs one more search of
  // the graph and one more exchange a step.
  bool may_skip_parameters = false;
};

class GradientReducer {
 public:
  // `parameters` require gradients and are equal on all processes, of which
  // only the shapes are checked. `processes` outlives this.
  GradientReducer(const std::vector<at::Tensor>& parameters,
                  const Processes& processes,
                  const GradientReducerOptions& options = {});
  ~GradientReducer();

  // Agrees on the buckets; call it before the (last) forward pass of a step.
  void Prepare();
  // Computes the gradients of `loss` and averages them over the processes.
  void Backward(const at::Tensor& loss);

 private:
  const Processes& processes_;
  const bool may_skip_parameters_;
  std::shared_ptr<c10d::Reducer> reducer_;  // null for a single process
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_GRADIENT_REDUCER_H_
