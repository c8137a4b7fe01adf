#ifndef CALDERA_BASE_PROCESS_MEMORY_H_
#define CALDERA_BASE_PROCESS_MEMORY_H_

// What the kernel says of a process's memory.
//
//   ReadKilobytes("/proc/self/status", "VmHWM:");  // resident at most, bytes
//
// Unlike getrusage, VmHWM begins with the program: it does not count what the
// process held from which it was started.

#include <cstdint>
#include <optional>
#include <string>

namespace caldera::base {

// In bytes, the number after `key` in a file of lines such as "VmHWM:  812 kB";
// none where the file or the line is not there.
std::optional<int64_t> ReadKilobytes(const std::string& path,
                                     const std::string& key);

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROCESS_MEMORY_H_
