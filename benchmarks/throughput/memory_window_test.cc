#include "benchmarks/throughput/memory_window.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <fstream>

namespace caldera::benchmarks {
namespace {

constexpr int64_t kMegabytes = 64;

at::Tensor Allocate() { return at::ones({kMegabytes << 18}); }

// Returns true if this machine lets a process reset its peak.
bool CanReset() {
  std::ofstream file("/proc/self/clear_refs");
  return (file << "5" << std::flush).good();
}

TEST(MemoryWindow, SeesWhatIsFreedAgain) {
  if (!CanReset()) GTEST_SKIP() << "the peak cannot be reset here";
  const MemoryWindow window(at::kCPU);
  Allocate();
  const MemoryPeak peak = window.Peak();
  ASSERT_TRUE(peak.resident_growth.has_value());
  EXPECT_GT(*peak.resident_growth, (kMegabytes - 1) << 20);
  EXPECT_LT(*peak.resident_growth, (kMegabytes + 16) << 20);
  EXPECT_FALSE(peak.allocated.has_value());
}

TEST(MemoryWindow, BeginsAnew) {
  if (!CanReset()) GTEST_SKIP() << "the peak cannot be reset here";
  Allocate();
  const MemoryWindow window(at::kCPU);
  EXPECT_LT(*window.Peak().resident_growth, (kMegabytes / 2) << 20);
}

TEST(MemoryWindow, CountsWhatIsLeftOfOneBefore) {
  if (!CanReset()) GTEST_SKIP() << "the peak cannot be reset here";
  { const MemoryWindow first(at::kCPU); }
  const at::Tensor left = Allocate();
  const MemoryWindow window(at::kCPU);
  EXPECT_GT(*window.Peak().resident_growth, (kMegabytes - 1) << 20);
}

TEST(MemoryPeak, TheLargerOfBoth) {
  const MemoryPeak larger = Larger({5, 6, {}}, {4, 7, {}});
  EXPECT_EQ(larger.allocated, 5);
  EXPECT_EQ(larger.reserved, 7);
  EXPECT_FALSE(larger.resident_growth.has_value());
  EXPECT_EQ(Larger({}, {{}, {}, 3}).resident_growth, 3);
}

}  // namespace
}  // namespace caldera::benchmarks
