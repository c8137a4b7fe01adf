// Finds folders that Bazel puts beside a binary: data sets, specs.
//
//   RunfileFolder("caldera/ssl/specs", "ssl/specs");
//
// The function needs no argv: the binary's own path leads to its runfiles.
#ifndef CALDERA_BASE_RUNFILE_FOLDER_H_
#define CALDERA_BASE_RUNFILE_FOLDER_H_

#include <string>

namespace caldera::base {

// Returns the folder `name` of the runfiles ("<workspace>/<path>"), else
// `fallback` relative to the working directory (of a test), else "" if neither
// exists.
std::string RunfileFolder(const std::string& name, const std::string& fallback);

}  // namespace caldera::base

#endif  // CALDERA_BASE_RUNFILE_FOLDER_H_
