#include "magma/exchange_testing.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace caldera::magma {
namespace {

// Exchanges a tensor of each rank with all ranks.
class Table {
 public:
  explicit Table(int64_t size) : parts_(size) {}

  std::vector<at::Tensor> Meet(int64_t rank, const at::Tensor& part) {
    std::unique_lock<std::mutex> lock(mutex_);
    const int64_t round = round_;
    parts_[rank] = part;
    if (++arrived_ == static_cast<int64_t>(parts_.size())) {
      all_ = parts_;
      arrived_ = 0;
      ++round_;
      all_here_.notify_all();
    } else {
      all_here_.wait(lock, [&] { return round_ != round; });
    }
    return all_;  // no rank writes it again before all have copied it
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  std::vector<at::Tensor> parts_, all_;
  int64_t arrived_ = 0, round_ = 0;
};

}  // namespace

void RunTogether(int64_t size,
                 const std::function<void(const Exchange&)>& body) {
  Table table(size);
  std::vector<std::thread> ranks;
  for (int64_t rank = 0; rank < size; ++rank) {
    ranks.emplace_back([&, rank] {
      Exchange exchange;
      exchange.rank = rank;
      exchange.size = size;
      exchange.gather = [&](const at::Tensor& rows) {
        return at::cat(table.Meet(rank, rows), 0);
      };
      exchange.sum = [&](const at::Tensor& part) {
        return at::stack(table.Meet(rank, part)).sum(0);
      };
      body(exchange);
    });
  }
  for (std::thread& rank : ranks) rank.join();
}

}  // namespace caldera::magma
