#include "ssl/train/step/thread_slices.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <c10/core/thread_pool.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>

namespace caldera::ssl {
namespace {

// Runs ATen on one thread while it lives: otherwise every slice would start a
// team of its own.
class OneThread {
 public:
  OneThread() : threads_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(threads_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int threads_;
};

// Returns true if no other tensor shares the memory of `tensor`: backward may
// give one tensor to two parameters.
bool OwnsStorage(const at::Tensor& tensor) {
  return tensor.use_count() == 1 && tensor.storage().use_count() == 1 &&
         tensor.is_non_overlapping_and_dense();
}

}  // namespace

ThreadSlices::ThreadSlices(std::shared_ptr<Method> method, int count)
    : method_(std::move(method)), count_(count) {
  for (const at::Tensor& parameter : method_->parameters()) {
    if (parameter.requires_grad()) parameters_.push_back(parameter);
  }
  if (count == 1) return;
  // ATen also starts threads that it does not know yet with the setting of the
  // current thread. So the setting is restored once all threads of the pool
  // have set theirs.
  const int threads = at::get_num_threads();
  std::atomic<int> started{0};
  pool_ = std::make_unique<c10::ThreadPool>(
      count - 1, /*numa_node_id=*/-1, [&started] {
        at::set_num_threads(1);
        ++started;  // the last use of a local of the constructor
      });
  while (started < count - 1) std::this_thread::yield();
  at::set_num_threads(threads);
}

ThreadSlices::~ThreadSlices() = default;

// The pool swallows exceptions, so this rethrows the first one.
void ThreadSlices::RunAll(int64_t count,
                          const std::function<void(int64_t)>& work) {
  std::vector<std::exception_ptr> errors(count);
  const auto guarded = [&](int64_t i) {
    try {
      work(i);
    } catch (...) {
      errors[i] = std::current_exception();
    }
  };
  const OneThread one_thread;
  for (int64_t i = 1; i < count; ++i) {
    pool_->run([&guarded, i] { guarded(i); });
  }
  guarded(0);
  if (pool_ != nullptr) pool_->waitWorkComplete();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

StepOutput ThreadSlices::Forward(const DeviceBatch& given,
                                 const base::Streams& streams) {
  const DeviceBatch batch = method_->Prepare(given, streams);
  const int64_t b = batch.index.size(0);
  const int64_t count = std::min<int64_t>(count_, b);
  std::vector<StepOutput> outputs(count);
  std::vector<int64_t> bounds;
  for (int64_t i = 0; i <= count; ++i) bounds.push_back(i * b / count);
  RunAll(count, [&](int64_t i) {
    outputs[i] = method_->Forward(
        method_->Drawn(SliceBatch(batch, bounds[i], bounds[i + 1]), streams),
        streams);
  });

  cuts_.assign(count, {});
  const auto cut = [&](int64_t i, const at::Tensor& inside) {
    at::Tensor leaf = inside.detach().requires_grad_();
    cuts_[i].push_back({inside, leaf});
    return leaf;
  };
  StepOutput joined;
  for (size_t t = 0; t < outputs[0].terms.size(); ++t) {
    Term term = outputs[0].terms[t];
    term.value = at::Tensor();
    for (int64_t i = 0; i < count; ++i) {
      const double share = static_cast<double>(bounds[i + 1] - bounds[i]) /
                           static_cast<double>(b);
      const at::Tensor part = cut(i, outputs[i].terms[t].value) * share;
      term.value = i == 0 ? part : term.value + part;
    }
    joined.terms.push_back(term);
  }
  joined.context = outputs[0].context;
  std::vector<std::vector<at::Tensor*>> rows;  // by slice
  for (StepOutput& output : outputs) {
    rows.push_back(RowTensors(output.context, method_->request()));
  }
  const std::vector<at::Tensor*> targets =
      RowTensors(joined.context, method_->request());
  for (size_t t = 0; t < targets.size(); ++t) {
    std::vector<at::Tensor> parts;
    for (int64_t i = 0; i < count; ++i) {
      const at::Tensor& part = *rows[i][t];
      parts.push_back(part.requires_grad() ? cut(i, part) : part);
    }
    *targets[t] = at::cat(parts);
  }
  std::vector<at::Tensor> embeddings;
  for (const StepOutput& output : outputs) {
    embeddings.push_back(output.embedding);
  }
  joined.embedding = at::cat(embeddings);
  method_->Complete(batch, streams, joined);
  return joined;
}

void ThreadSlices::Backward() {
  std::vector<std::vector<at::Tensor>> gradients(cuts_.size());
  RunAll(static_cast<int64_t>(cuts_.size()), [&](int64_t i) {
    std::vector<at::Tensor> outputs, grads;
    for (const Cut& cut : cuts_[i]) {
      if (!cut.leaf.grad().defined()) continue;
      outputs.push_back(cut.inside);
      grads.push_back(cut.leaf.grad());
    }
    if (outputs.empty()) return;
    gradients[i] = torch::autograd::grad(
        outputs, parameters_, grads, /*retain_graph=*/std::nullopt,
        /*create_graph=*/false, /*allow_unused=*/true);
  });
  cuts_.clear();
  // Each thread adds up the gradients of its own parameters: otherwise all of
  // them would wait for each other at every parameter.
  const int64_t count = static_cast<int64_t>(gradients.size());
  RunAll(count, [&](int64_t i) {
    const at::NoGradGuard no_grad;
    const size_t first = parameters_.size() * i / count;
    const size_t last = parameters_.size() * (i + 1) / count;
    for (size_t p = first; p < last; ++p) {
      at::Tensor& sum = parameters_[p].mutable_grad();
      for (std::vector<at::Tensor>& slice : gradients) {
        if (slice.empty() || !slice[p].defined()) continue;
        // The gradient is freed as soon as it is added: gradients of large
        // models need as much memory as a small batch leaves for the backward
        // pass.
        const at::Tensor part = std::move(slice[p]);
        if (!sum.defined()) {
          sum = part;
        } else if (OwnsStorage(sum)) {
          sum.add_(part);
        } else {
          sum = sum + part;
        }
      }
    }
  });
}

}  // namespace caldera::ssl
