// Forward and backward of a batch in slices, one CPU thread each.
//
//   ThreadSlices slices(method, /*count=*/2);
//   StepOutput output = slices.Forward(batch, streams);
//   Total(output).backward();  // batch-wide terms see the whole batch
//   slices.Backward();         // fills the parameters' gradients
//
// Splitting each operation over the threads makes small models wait: a step of
// the Fashion-MNIST model has some 500 operations of 10 to 500 us, with a
// barrier after each. Slices meet twice a step instead. The graph is cut at the
// slices' outputs: batch-wide terms run on the joined outputs, and their
// gradients go on into each slice. Gradients are added in the order of the
// slices, so the same count gives the same bits.
//
// While slices compute, ATen has one thread in each; between Forward and
// Backward, where batch-wide terms run, it has all of them.
#ifndef CALDERA_SSL_TRAIN_STEP_THREAD_SLICES_H_
#define CALDERA_SSL_TRAIN_STEP_THREAD_SLICES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/random_stream.h"
#include "ssl/methods/method.h"

namespace c10 {
class ThreadPool;
}

namespace caldera::ssl {

class ThreadSlices {
 public:
  // count >= 1 slices, of which the caller's thread takes the first.
  ThreadSlices(std::shared_ptr<Method> method, int count);
  ~ThreadSlices();

  // What Method::Step gives for the whole batch, with leaves in place of the
  // graph of Method::Forward. Of the context only what the method was asked for
  // is joined. A batch smaller than the count has a slice for each sample.
  StepOutput Forward(const DeviceBatch& batch, const base::Streams& streams);

  // From the gradients that the leaves have by now to those of the parameters.
  void Backward();

 private:
  // A slice's output and the leaf that stands for it in the joined output.
  struct Cut {
    at::Tensor inside, leaf;
  };

  void RunAll(int64_t count, const std::function<void(int64_t)>& work);

  std::shared_ptr<Method> method_;
  std::vector<at::Tensor> parameters_;
  std::unique_ptr<c10::ThreadPool> pool_;
  int count_;
  std::vector<std::vector<Cut>> cuts_;  // by slice
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_THREAD_SLICES_H_
