#include "base/machine/control_groups.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace caldera::base {
namespace {

namespace fs = std::filesystem;

class ControlGroupsTest : public testing::Test {
 protected:
  ControlGroupsTest()
      : root_(testing::TempDir() + "/" +
              testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(root_);
  }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }

  std::string root_;
};

TEST_F(ControlGroupsTest, WithoutAnyThereIsNoQuota) {
  EXPECT_TRUE(ControlGroups("cpu", root_).empty());
  EXPECT_EQ(ProcessorQuota(root_), std::nullopt);
  EXPECT_GE(UsableProcessors(root_), 1);
}

TEST_F(ControlGroupsTest, AreFollowedByThoseAroundThem) {
  Write("/proc/self/cgroup", "0::/job/step\n5:cpu,cpuacct:/old\n");
  const auto groups = ControlGroups("cpu", root_);
  std::vector<std::string> folders;
  for (const ControlGroup& group : groups) folders.push_back(group.folder);
  EXPECT_EQ(folders,
            (std::vector<std::string>{
                root_ + "/sys/fs/cgroup/job/step", root_ + "/sys/fs/cgroup/job",
                root_ + "/sys/fs/cgroup", root_ + "/sys/fs/cgroup/cpu/old",
                root_ + "/sys/fs/cgroup/cpu"}));
}

TEST_F(ControlGroupsTest, TheLeastQuotaCounts) {
  Write("/proc/self/cgroup", "0::/job/step\n");
  Write("/sys/fs/cgroup/job/step/cpu.max", "max 100000\n");
  Write("/sys/fs/cgroup/job/cpu.max", "150000 100000\n");
  Write("/sys/fs/cgroup/cpu.max", "400000 100000\n");
  EXPECT_EQ(ProcessorQuota(root_), 1.5);
  EXPECT_LE(UsableProcessors(root_), 2);
  Write("/sys/fs/cgroup/job/cpu.max", "20000 100000\n");
  EXPECT_EQ(UsableProcessors(root_), 1);
}

TEST_F(ControlGroupsTest, ReadsVersionOne) {
  Write("/proc/self/cgroup", "4:cpu,cpuacct:/a\n");
  Write("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000\n");
  Write("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(ProcessorQuota(root_), 3.0);
}

}  // namespace
}  // namespace caldera::base
