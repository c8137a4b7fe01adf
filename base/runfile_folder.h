#ifndef CALDERA_BASE_RUNFILE_FOLDER_H_
#define CALDERA_BASE_RUNFILE_FOLDER_H_

// Folders that Bazel puts beside a binary: data sets, specs.
//
//   RunfileFolder("caldera/ssl/specs", "ssl/specs");
//
// With no argv at hand, the binary's own path tells where its runfiles are.

#include <string>

namespace caldera::base {

// The folder `name` of the runfiles ("<workspace>/<path>"), else `fallback`
// relative to where the process is (a test's), else "" where neither exists.
std::string RunfileFolder(const std::string& name, const std::string& fallback);

}  // namespace caldera::base

#endif  // CALDERA_BASE_RUNFILE_FOLDER_H_
