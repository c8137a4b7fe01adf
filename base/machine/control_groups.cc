#include "base/machine/control_groups.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace caldera::base {
namespace {

// Adds the folder of `group` below `top` and those around it.
void AddFolders(int version, const std::string& top, std::string group,
                std::vector<ControlGroup>* groups) {
  while (true) {
    while (absl::EndsWith(group, "/")) group.pop_back();
    groups->push_back({version, top + group});
    if (group.empty()) return;
    const size_t slash = group.find_last_of('/');
    group.resize(slash == std::string::npos ? 0 : slash);
  }
}

// Returns the quota of one group; none where it has no limit.
std::optional<double> QuotaOf(const ControlGroup& group) {
  double quota = 0, period = 0;
  std::string word;
  if (group.version == 2) {  // "200000 100000" or "max 100000"
    std::ifstream file(group.folder + "/cpu.max");
    if (!(file >> word >> period) || !absl::SimpleAtod(word, &quota)) {
      return std::nullopt;
    }
  } else {  // -1: no limit
    std::ifstream(group.folder + "/cpu.cfs_quota_us") >> quota;
    std::ifstream(group.folder + "/cpu.cfs_period_us") >> period;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

}  // namespace

std::vector<ControlGroup> ControlGroups(const std::string& controller,
                                        const std::string& root) {
  std::vector<ControlGroup> groups;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    // Version 2 has "0::/a/b", version 1 "5:memory:/a/b".
    const std::vector<std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    if (parts[1].empty()) {
      AddFolders(2, root + "/sys/fs/cgroup", parts[2], &groups);
    } else if (std::find(controllers.begin(), controllers.end(), controller) !=
               controllers.end()) {
      AddFolders(1, absl::StrCat(root, "/sys/fs/cgroup/", controller), parts[2],
                 &groups);
    }
  }
  return groups;
}

std::optional<double> ProcessorQuota(const std::string& root) {
  std::optional<double> least;
  for (const ControlGroup& group : ControlGroups("cpu", root)) {
    const std::optional<double> quota = QuotaOf(group);
    if (quota.has_value()) least = std::min(*quota, least.value_or(*quota));
  }
  return least;
}

int UsableProcessors(const std::string& root) {
  cpu_set_t set;
  CPU_ZERO(&set);
  int count = 1;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) count = CPU_COUNT(&set);
  const std::optional<double> quota = ProcessorQuota(root);
  if (quota.has_value()) {
    count = std::min(count, static_cast<int>(std::ceil(*quota)));
  }
  return std::max(1, count);
}

}  // namespace caldera::base
