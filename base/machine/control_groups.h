// Finds the kernel's control groups of this process, which limit what a
// container, a Slurm job or a service may use.
//
//   for (const ControlGroup& group : ControlGroups("memory")) {
//     // group.folder: "/sys/fs/cgroup/job", then "/sys/fs/cgroup"
//   }
//
// Caveat: a container sees its own group as the topmost folder, so some of the
// folders may not be there.
#ifndef CALDERA_BASE_MACHINE_CONTROL_GROUPS_H_
#define CALDERA_BASE_MACHINE_CONTROL_GROUPS_H_

#include <optional>
#include <string>
#include <vector>

namespace caldera::base {

struct ControlGroup {
  int version;  // 1 or 2, whose files have other names
  std::string folder;
};

// Returns the groups of `controller` ("memory", "cpu"), each followed by those
// around it. root: the folder that holds proc and sys; not "" in tests only.
std::vector<ControlGroup> ControlGroups(const std::string& controller,
                                        const std::string& root = "");

// Returns the time of processors that the control groups allow this process, in
// processors: 2.5; none without a limit.
std::optional<double> ProcessorQuota(const std::string& root = "");

// Returns the number of processors that a program should compute on: those that
// it may run on, and no more than its quota, rounded up. At least 1.
int UsableProcessors(const std::string& root = "");

}  // namespace caldera::base

#endif  // CALDERA_BASE_MACHINE_CONTROL_GROUPS_H_
