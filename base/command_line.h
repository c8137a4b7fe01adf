#ifndef CALDERA_BASE_COMMAND_LINE_H_
#define CALDERA_BASE_COMMAND_LINE_H_

// What every binary of the repository does with its command line.
//
//   int main(int argc, char** argv) {
//     StartProgram("usage: ...", &argc, &argv);
//     absl::StatusOr<at::Device> device = SetUpCompute();
//     if (!device.ok()) return Fail(device.status());
//   }
//
// Flags that it defines: --device, --threads, --help. An error is one line on
// stderr; the exit status is 2 for a user's mistake and 1 for a failure.

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/program.h"

namespace caldera::base {

// Parses flags; positional arguments stay in argv from 1 on. --help prints
// `usage` and ends the program; an unknown flag ends it with status 2. Calls
// TuneProcess first.
void StartProgram(const std::string& usage, int* argc, char*** argv);

// main() of a program that takes flags alone: StartProgram, then `run`, whose
// exit status it gives; 2 for an argument that is no flag.
int RunProgram(const std::string& usage, int argc, char** argv, int (*run)());

// Idle OpenMP threads wait without spinning: libgomp's default of busy waiting
// makes steps several times slower as soon as another process wants a core.
// Memory of big tensors is kept for the next step instead of being returned to
// the system, whose page faults cost more than the arithmetic of small models;
// it lies in huge pages where the system has them, and without gaps.
// Some of this is read when a program is loaded, so it starts itself again with
// OMP_WAIT_POLICY and GLIBC_TUNABLES, each unless the user has set it. Call it
// first in main.
void TuneProcess(char** argv);

// Applies --threads and resolves --device. Errors: InvalidArgument.
absl::StatusOr<at::Device> SetUpCompute();

}  // namespace caldera::base

#endif  // CALDERA_BASE_COMMAND_LINE_H_
