#include "base/machine/process_memory.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_testing.h"

namespace caldera::base {
namespace {

class FreeMemoryTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    WriteFile(file, text);
  }

  std::string root_ = NewFolder("free_memory");
};

TEST_F(FreeMemoryTest, OfTheMachineWithoutGroups) {
  EXPECT_FALSE(FreeMemory(root_).has_value());
  Write("/proc/meminfo", "MemTotal: 2000 kB\nMemAvailable:    1000 kB\n");
  EXPECT_EQ(FreeMemory(root_), 1000 * 1024);
  Write("/proc/self/cgroup", "0::/user.slice\n");
  Write("/sys/fs/cgroup/user.slice/memory.max", "max\n");
  Write("/sys/fs/cgroup/user.slice/memory.current", "77\n");
  EXPECT_EQ(FreeMemory(root_), 1000 * 1024);
}

TEST_F(FreeMemoryTest, TheTightestGroupOfVersion2Decides) {
  Write("/proc/meminfo", "MemAvailable: 1000 kB\n");
  Write("/proc/self/cgroup", "0::/slurm/job_7/step\n");
  Write("/sys/fs/cgroup/slurm/job_7/memory.max", "500000\n");
  Write("/sys/fs/cgroup/slurm/job_7/memory.current", "450000\n");
  EXPECT_EQ(FreeMemory(root_), 50'000);
  // Pages of files are given up where memory is short.
  Write("/sys/fs/cgroup/slurm/job_7/memory.stat",
        "anon 9\nfile 99999\ninactive_file 100000\nactive_file 20000\n");
  EXPECT_EQ(FreeMemory(root_), 170'000);
  Write("/sys/fs/cgroup/slurm/memory.max", "600000\n");
  Write("/sys/fs/cgroup/slurm/memory.current", "590000\n");
  EXPECT_EQ(FreeMemory(root_), 10'000);
  Write("/sys/fs/cgroup/slurm/memory.current", "600001\n");
  EXPECT_EQ(FreeMemory(root_), 0);
}

TEST_F(FreeMemoryTest, AContainerOfVersion1SeesItsGroupOnTop) {
  Write("/proc/meminfo", "MemAvailable: 1000 kB\n");
  Write("/proc/self/cgroup",
        "11:cpuset:/docker/1\n5:cpu,memory:/docker/1\n0::/docker/1\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "400000\n");
  Write("/sys/fs/cgroup/memory/memory.usage_in_bytes", "390000\n");
  Write("/sys/fs/cgroup/memory/memory.stat",
        "cache 1\ntotal_inactive_file 40000\ntotal_active_file 5000\n");
  EXPECT_EQ(FreeMemory(root_), 55'000);
  // No limit.
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(FreeMemory(root_), 1000 * 1024);
}

TEST_F(FreeMemoryTest, DamagedFilesDoNotDecide) {
  Write("/proc/meminfo", "MemAvailable: 1000 kB\n");
  Write("/proc/self/cgroup", "\n0::\n:::\nmemory\n0::relative\n");
  Write("/sys/fs/cgroup/memory.max", "many\n");
  Write("/sys/fs/cgroup/memory.current", "");
  EXPECT_EQ(FreeMemory(root_), 1000 * 1024);
}

TEST(FreeMemory, OfThisMachine) {
  const auto bytes = FreeMemory();
  ASSERT_TRUE(bytes.has_value());
  EXPECT_GE(*bytes, 0);
}

}  // namespace
}  // namespace caldera::base
