// A small program of this folder: its flags, its --help, its exit status.
//
//   int main(int argc, char** argv) {
//     return caldera::base::RunTool(argc, argv, kUsage, Main);
//   }
//
// base/command_line.h has more, for programs that compute.
#ifndef CALDERA_BASE_TOOL_H_
#define CALDERA_BASE_TOOL_H_

#include "absl/status/status.h"

namespace caldera::base {

// Parses flags and runs `main`. --help prints `usage` and gives 0, an unknown
// flag or an argument that is none gives 2.
int RunTool(int argc, char** argv, const char* usage, int (*main)());

// Prints "error: ..." on stderr and gives the exit status: 2 where the user can
// mend it (InvalidArgument, NotFound, FailedPrecondition), else 1.
int Fail(const absl::Status& status);

}  // namespace caldera::base

#endif  // CALDERA_BASE_TOOL_H_
