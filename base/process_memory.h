// Reads a process's memory use from the kernel's files.
//
//   ReadKilobytes("/proc/self/status", "VmHWM:");  // peak resident bytes
//
// Unlike getrusage, VmHWM begins with the program: it does not count the memory
// of the process that started it.
#ifndef CALDERA_BASE_PROCESS_MEMORY_H_
#define CALDERA_BASE_PROCESS_MEMORY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace caldera::base {

// Returns, in bytes, the number after `key` in a file of lines such as "VmHWM:
// 812 kB"; none if the file or the line does not exist.
std::optional<int64_t> ReadKilobytes(const std::string& path,
                                     const std::string& key);

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROCESS_MEMORY_H_
