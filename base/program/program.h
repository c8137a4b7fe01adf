// Starts and ends a program: its flags, its --help, its exit status.
//
//   int main(int argc, char** argv) {
//     return caldera::base::RunTool(argc, argv, kUsage, Main);
//   }
//
// No LibTorch here. base/program/command_line.h adds --device and --threads for
// programs that compute.
#ifndef CALDERA_BASE_PROGRAM_PROGRAM_H_
#define CALDERA_BASE_PROGRAM_PROGRAM_H_

#include <functional>

#include "absl/status/status.h"

namespace caldera::base {

// Parses the flags and removes them from argv; --help is left to the caller. A
// flag may have its older name (old_flags.h). An unknown flag, for which the
// nearest name is suggested, a malformed one, or one with the ~ of an unknown
// user, ends the program with exit status 2.
void ParseFlags(int* argc, char*** argv);

// Lets a flag that has a text stand alone: where no text follows it, `alone`
// takes its place, as "--explain=all" for a bare --explain. Call this before
// the flags are parsed; `alone` must outlive argv.
void LetFlagStandAlone(char* alone, int argc, char** argv);

// Runs a program so that nothing ends it without a word, and returns its exit
// status. Descriptors 0 to 2 that are closed lead to /dev/null, or the first
// files that are opened would take their place and get the program's messages.
// A reader that goes away (`| head`) is no reason to end: SIGPIPE and SIGXFSZ
// are ignored, and a write that fails says so where it matters. An exception
// that leaves `run` is an error of one line and status 1, with all of its text
// (LibTorch's has a stack) where verbose() is true; so is one in another
// thread, which ends the program at once.
int RunGuarded(const std::function<int()>& run,
               const std::function<bool()>& verbose = {});

// Parses the flags and returns what `main` returns. --help prints `usage` and
// returns 0; an unknown flag or a positional argument gives 2.
int RunTool(int argc, char** argv, const char* usage, int (*main)());

// Prints "error: ..." as one line on stderr and returns the exit status: 2 if
// the user can mend it (InvalidArgument, NotFound, FailedPrecondition), else 1.
int Fail(const absl::Status& status);

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROGRAM_PROGRAM_H_
