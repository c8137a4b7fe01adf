#include "magma/thread_team.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sum.h>

#include <atomic>
#include <exception>
#include <stdexcept>
#include <thread>
#include <vector>

namespace caldera::magma {
namespace {

// Turns of a waiting loop before the thread gives its core away, which the one
// that it waits for may need: some microseconds.
constexpr int kSpins = 1 << 7;

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Where all threads put a tensor down and see everybody's.
class Table {
 public:
  explicit Table(int64_t size) : parts_(size) {}

  std::vector<at::Tensor> Meet(int64_t rank, const at::Tensor& part) {
    parts_[rank] = part;
    Wait();  // all are here
    std::vector<at::Tensor> all = parts_;
    Wait();  // all have copied: the next meeting may write
    return all;
  }

  // Nobody waits any more: a thread has failed.
  void Leave() { broken_.store(true, std::memory_order_release); }

 private:
  void Wait() {
    const int64_t round = round_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 ==
        static_cast<int64_t>(parts_.size())) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; round_.load(std::memory_order_acquire) == round;) {
      if (broken_.load(std::memory_order_acquire)) {
        throw std::runtime_error("another thread of the team failed");
      }
      if (++spins < kSpins) {
        Pause();
      } else {
        std::this_thread::yield();
      }
    }
  }

  std::vector<at::Tensor> parts_;
  std::atomic<int64_t> arrived_{0}, round_{0};
  std::atomic<bool> broken_{false};
};

}  // namespace

bool RunOnTeam(int64_t size, const std::function<void(const Exchange&)>& body) {
  if (at::in_parallel_region() || at::get_num_threads() < size) return false;
  Table table(size);
  std::atomic<bool> one_each{true};
  std::atomic<bool> failed{false};
  std::exception_ptr error;  // the first; the others follow from it
  const at::ThreadLocalState state;
  at::parallel_for(0, size, 1, [&](int64_t begin, int64_t end) {
    if (end - begin > 1) {  // the system gave fewer threads
      one_each = false;
      table.Leave();
      return;
    }
    const at::ThreadLocalStateGuard guard(state);
    Exchange exchange;
    exchange.rank = begin;
    exchange.size = size;
    exchange.gather = [&](const at::Tensor& rows) {
      return at::cat(table.Meet(begin, rows), 0);
    };
    exchange.sum = [&](const at::Tensor& part) {
      return at::stack(table.Meet(begin, part)).sum(0);
    };
    try {
      body(exchange);
    } catch (...) {
      if (!failed.exchange(true)) error = std::current_exception();
      table.Leave();
    }
  });
  if (!one_each) return false;
  if (error) std::rethrow_exception(error);
  return true;
}

}  // namespace caldera::magma
