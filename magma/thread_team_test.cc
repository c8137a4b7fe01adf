#include "magma/thread_team.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <stdexcept>
#include <vector>

#include "gtest/gtest.h"

namespace caldera::magma {
namespace {

// The team has more threads than the machine may have cores; none waits
// forever.
class ThreadTeam : public testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(4); }
};

TEST_F(ThreadTeam, GathersInTheOrderOfRanksAndSumsTheSameEverywhere) {
  constexpr int64_t kSize = 4;
  std::vector<at::Tensor> gathered(kSize), sums(kSize);
  ASSERT_TRUE(RunOnTeam(kSize, [&](const Exchange& exchange) {
    const at::Tensor own =
        at::full({2, 3}, exchange.rank, at::kDouble);  // [b, D]
    for (int round = 0; round < 100; ++round) {
      gathered[exchange.rank] = exchange.gather(at::add(own, round));
      sums[exchange.rank] = exchange.sum(at::mul(own, round));
    }
  }));
  for (int64_t rank = 0; rank < kSize; ++rank) {
    ASSERT_EQ(gathered[rank].size(0), 2 * kSize);
    for (int64_t row = 0; row < 2 * kSize; ++row) {
      EXPECT_EQ(gathered[rank][row][0].item<int64_t>(), row / 2 + 99);
    }
    EXPECT_TRUE(sums[rank].equal(at::full({2, 3}, 6 * 99, at::kDouble)));
  }
}

TEST_F(ThreadTeam, RefusesMoreThreadsThanAtenHas) {
  EXPECT_FALSE(RunOnTeam(5, [](const Exchange&) { FAIL() << "it ran"; }));
}

TEST_F(ThreadTeam, HasTheCallersGradMode) {
  const at::NoGradGuard no_grad;
  std::vector<int> enabled(2, -1);
  ASSERT_TRUE(RunOnTeam(2, [&](const Exchange& exchange) {
    enabled[exchange.rank] = at::GradMode::is_enabled() ? 1 : 0;
  }));
  EXPECT_EQ(enabled, std::vector<int>({0, 0}));
}

TEST_F(ThreadTeam, AnExceptionReleasesTheOthers) {
  for (int64_t bad = 0; bad < 3; ++bad) {
    try {
      RunOnTeam(3, [&](const Exchange& exchange) {
        if (exchange.rank == bad) throw std::out_of_range("the cause");
        exchange.sum(at::ones({}));
      });
      FAIL() << "no exception";
    } catch (const std::out_of_range& error) {
      EXPECT_STREQ(error.what(), "the cause");
    }
  }
}

TEST_F(ThreadTeam, RefusesInsideOfAParallelRegion) {
  std::vector<int> ran(2, -1);
  at::parallel_for(0, 2, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      ran[i] = RunOnTeam(2, [](const Exchange&) {}) ? 1 : 0;
    }
  });
  EXPECT_EQ(ran, std::vector<int>({0, 0}));
}

}  // namespace
}  // namespace caldera::magma
