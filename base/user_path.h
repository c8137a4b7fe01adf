#ifndef CALDERA_BASE_USER_PATH_H_
#define CALDERA_BASE_USER_PATH_H_

// Paths as the user meant them.
//
//   UserPath("runs/a");  // "/where/the/user/is/runs/a" under `bazel run`
//
// `bazel run` starts a binary in its runfiles and tells in
// BUILD_WORKING_DIRECTORY where the user called it.

#include <string>

namespace caldera::base {

// `path` as it is where it is absolute, empty, or the binary was started
// directly.
std::string UserPath(const std::string& path);

}  // namespace caldera::base

#endif  // CALDERA_BASE_USER_PATH_H_
