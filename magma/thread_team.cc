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

// The turns of a waiting loop, some microseconds, before the thread yields its
// core, which the thread that it waits for may need.
constexpr int kSpins = 1 << 7;

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Exchanges a tensor of each thread with all threads.
class Table {
 public:
  explicit Table(int64_t size) : parts_(size) {}

  std::vector<at::Tensor> Meet(int64_t rank, const at::Tensor& part) {
    parts_[rank] = part;
    Wait();  // until all have written
    std::vector<at::Tensor> all = parts_;
    Wait();  // until all have copied: the next call may write
    return all;
  }

  // Releases the waiting threads: a thread has failed.
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
  std::exception_ptr error;  // the first error; the others follow from it
  const at::ThreadLocalState state;
  at::parallel_for(0, size, 1, [&](int64_t begin, int64_t end) {
    if (end - begin > 1) {  // the system provides fewer threads
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
