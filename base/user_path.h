// Resolves paths relative to the folder in which the user is.
//
//   UserPath("runs/a");  // "/where/the/user/is/runs/a" under `bazel run`
//
// `bazel run` starts a binary in its runfiles, and sets BUILD_WORKING_DIRECTORY
// to the user's folder.
#ifndef CALDERA_BASE_USER_PATH_H_
#define CALDERA_BASE_USER_PATH_H_

#include <string>

namespace caldera::base {

// Returns `path` relative to the user's folder; unchanged if it is absolute or
// empty, or the binary was started directly.
std::string UserPath(const std::string& path);

}  // namespace caldera::base

#endif  // CALDERA_BASE_USER_PATH_H_
