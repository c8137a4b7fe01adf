// Computes forward and backward of a batch in thread slices, one CPU thread
// each.
//
//   ThreadSlices slices(method, /*count=*/2);
//   StepOutput output = slices.Forward(batch, streams);
//   Total(output).backward();  // terms over the batch read the full batch
//   slices.Backward();         // fills the parameters' gradients
//
// Splitting each operation over the threads makes small models wait: a step of
// the Fashion-MNIST model has some 500 operations of 10 to 500 us, with a
// barrier after each. Thread slices meet twice a step instead. The graph is cut
// at the outputs of the slices: terms over the batch run on the joined outputs,
// and their gradients go on into each slice. Gradients are added in the order
// of the slices, so the same count gives the same bits.
//
// While slices compute, ATen has one thread in each; between Forward and
// Backward, where terms over the batch run, it has all of them.
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
  // `count` is the number of slices, at least 1; the caller's thread computes
  // the first.
  ThreadSlices(std::shared_ptr<Method> method, int count);
  ~ThreadSlices();

  // Returns what Method::Step returns for the full batch, with leaves in place
  // of the graph of Method::Forward. Joins only the context that the method was
  // asked for. A batch smaller than `count` has a slice for each sample.
  StepOutput Forward(const DeviceBatch& batch, const base::Streams& streams);

  // Backpropagates the gradients of the leaves into those of the parameters.
  void Backward();

 private:
  // An output of a slice and the leaf that stands for it in the joined output.
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
