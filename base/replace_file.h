#ifndef CALDERA_BASE_REPLACE_FILE_H_
#define CALDERA_BASE_REPLACE_FILE_H_

// Writes a file so that a crash leaves either the old or the new content.
//
//   absl::Status status = ReplaceFile("run/results.json", {text});
//
// The pieces go to `path` + ".partial" beside it, which is fsynced, renamed
// over `path`, and removed when anything fails. Nobody else may write the same
// path at the same time.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

// Errors name the path and the system's reason; the code follows errno:
// NotFound (no such folder), PermissionDenied, ResourceExhausted (disk full),
// ...
absl::Status ReplaceFile(const std::string& path,
                         const std::vector<absl::string_view>& pieces);

}  // namespace caldera::base

#endif  // CALDERA_BASE_REPLACE_FILE_H_
