// Writes a file so that a crash leaves either the old or the new content.
//
//   absl::Status status = ReplaceFile("run/results.json", {text});
//
// The pieces are written to `path` + ".partial", which is fsynced and renamed
// over `path`, or removed if anything fails. Caveat: two writers must not
// replace the same path at the same time.
#ifndef CALDERA_BASE_REPLACE_FILE_H_
#define CALDERA_BASE_REPLACE_FILE_H_

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

// Checks, before hours of work whose result goes to `path`, that ReplaceFile
// can write there now; leaves nothing behind. Errors as above;
// FailedPrecondition if a folder is in the way.
absl::Status CheckReplaceable(const std::string& path);

}  // namespace caldera::base

#endif  // CALDERA_BASE_REPLACE_FILE_H_
