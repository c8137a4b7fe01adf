// Files of the user's, whole, into memory. No LibTorch here.
//
//   absl::StatusOr<std::string> bytes = ReadFile(path, int64_t{4} << 30);
//   absl::StatusOr<std::vector<std::string>> lines = ReadLines("wnids.txt");
//
// Read and not mapped: a disk that fails midway gives an error, where a mapped
// page would end the process.
#ifndef CALDERA_BASE_READ_FILE_H_
#define CALDERA_BASE_READ_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::base {

// Errors begin with `path`: NotFound or PermissionDenied where it cannot be
// opened, InvalidArgument where it is no regular file (a pipe would hang) or
// has more than `max_bytes`, else what the disk answers.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     int64_t max_bytes);

// Lines without their ends (LF or CR LF). At most 64 MiB.
absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path);

}  // namespace caldera::base

#endif  // CALDERA_BASE_READ_FILE_H_
