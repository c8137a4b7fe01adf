// Reads the user's files completely into memory. No LibTorch here.
//
//   absl::StatusOr<std::string> bytes = ReadFile(path, int64_t{4} << 30);
//   absl::StatusOr<std::vector<std::string>> lines = ReadLines("wnids.txt");
//
// Files are read and not mapped: a disk that fails midway gives an error,
// whereas a mapped page would end the process.
#ifndef CALDERA_BASE_READ_FILE_H_
#define CALDERA_BASE_READ_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::base {

// Returns all bytes of a file. Errors begin with `path`: NotFound or
// PermissionDenied if it cannot be opened, InvalidArgument if it is not a
// regular file (a pipe would hang) or has more than `max_bytes`, else the
// disk's error.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     int64_t max_bytes);

// Returns the lines without their ends (LF or CR LF). The file has at most 64
// MiB.
absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path);

}  // namespace caldera::base

#endif  // CALDERA_BASE_READ_FILE_H_
