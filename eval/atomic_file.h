// A file that is either the old one or the new one, also after a crash.
//
//   absl::Status status = WriteFileAtomically("runs/a/results.json", text);
//
// Caveat: two writers of one path do not corrupt it, but the last one wins.
#ifndef CALDERA_EVAL_ATOMIC_FILE_H_
#define CALDERA_EVAL_ATOMIC_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace caldera::eval {

// Writes `content` beside `path`, fsyncs, renames. The error names the path and
// leaves no file behind: NotFound or PermissionDenied by errno, else Internal.
absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view content);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_ATOMIC_FILE_H_
