// Starts a program that computes: its flags, its memory, its threads, its
// device.
//
//   int Main() {
//     absl::StatusOr<at::Device> device = SetUpCompute();
//     if (!device.ok()) return Fail(device.status());
//     return 0;
//   }
//   int main(int argc, char** argv) {
//     return RunProgram("usage: ...", argc, argv, Main);
//   }
//
// It defines the flags --device, --threads and --help. An error is one line on
// stderr; the exit status is 2 for a user's mistake and 1 for a failure.
#ifndef CALDERA_BASE_PROGRAM_COMMAND_LINE_H_
#define CALDERA_BASE_PROGRAM_COMMAND_LINE_H_

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/program/program.h"

namespace caldera::base {

// Runs a program as RunGuarded does, after TuneProcess and the parsing of its
// flags, and returns the exit status of `run`, which gets the positional
// arguments in argv from 1 on. --help prints `usage` and gives 0; an unknown
// flag gives 2. --v=1 adds the stack to an exception's line.
int RunProgramWithArguments(const std::string& usage, int argc, char** argv,
                            const std::function<int(int, char**)>& run);

// Runs a program that takes only flags; a positional argument gives 2.
int RunProgram(const std::string& usage, int argc, char** argv, int (*run)());

// Lets idle OpenMP threads wait without spinning: libgomp's default of busy
// waiting makes steps several times slower as soon as another process wants a
// core. Keeps the memory of big tensors for the next step instead of returning
// it to the system, whose page faults cost more than the arithmetic of small
// models, and uses huge pages without gaps if the system has them. Some of
// these settings are read when a program is loaded, so the program starts
// itself again with OMP_WAIT_POLICY and GLIBC_TUNABLES, each unless the user
// has set it. Call this first in main.
void TuneProcess(char** argv);

// Applies --threads (0: base/machine's UsableProcessors) and resolves --device.
// Errors: InvalidArgument.
absl::StatusOr<at::Device> SetUpCompute();

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROGRAM_COMMAND_LINE_H_
