// Reads from the kernel's files what memory a process uses, and what it may
// still take.
//
//   ReadKilobytes("/proc/self/status", "VmHWM:");  // peak resident bytes
//   std::optional<int64_t> bytes = FreeMemory();
//
// Unlike getrusage, VmHWM begins with the program: it does not count the memory
// of the process that started it.
//
// Caveat: the machine's other processes take of the free memory too.
#ifndef CALDERA_BASE_MACHINE_PROCESS_MEMORY_H_
#define CALDERA_BASE_MACHINE_PROCESS_MEMORY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace caldera::base {

// Returns, in bytes, the number after `key` in a file of lines such as "VmHWM:
// 812 kB"; none if the file or the line does not exist.
std::optional<int64_t> ReadKilobytes(const std::string& path,
                                     const std::string& key);

// Returns the bytes that this process can still take: the least of what the
// machine has available and of what the process's control groups (version 1 or
// 2: containers, Slurm, systemd) leave below their limits. Pages that hold
// files count as free, as the kernel gives them up first. At least 0; none
// where the system does not say. root: the folder that holds proc and sys; not
// "" in tests only.
std::optional<int64_t> FreeMemory(const std::string& root = "");

}  // namespace caldera::base

#endif  // CALDERA_BASE_MACHINE_PROCESS_MEMORY_H_
