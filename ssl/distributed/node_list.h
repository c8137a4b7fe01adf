// Slurm's short forms of lists: of hosts, and of numbers for each host.
//
//   ExpandNodeList("gpu-node-[01-03,07],login");  // gpu-node-01, ..., login
//   NumberOfNode("4(x2),3", 2);                   // 3
//
// A list that is not well formed gives what can be read of it: Slurm writes
// these texts, nobody types them.
#ifndef CALDERA_SSL_DISTRIBUTED_NODE_LIST_H_
#define CALDERA_SSL_DISTRIBUTED_NODE_LIST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace caldera::ssl {

// Returns the hosts of SLURM_STEP_NODELIST in their order, at most 65536.
std::vector<std::string> ExpandNodeList(absl::string_view node_list);

// Returns the entry of SLURM_TASKS_PER_NODE for the node of that number.
std::optional<int64_t> NumberOfNode(absl::string_view counts, int64_t node);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_NODE_LIST_H_
