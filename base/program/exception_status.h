// Turns exceptions, which LibTorch and the standard library throw, into an
// error of one line.
//
//   absl::StatusOr<bool> done = CatchExceptions([&] { return Run(); });
//   absl::IsResourceExhausted(done.status());  // memory ran out
#ifndef CALDERA_BASE_PROGRAM_EXCEPTION_STATUS_H_
#define CALDERA_BASE_PROGRAM_EXCEPTION_STATUS_H_

#include <exception>
#include <string>

#include "absl/status/status.h"

namespace caldera::base {

// Returns the first line of the exception's text: LibTorch appends a stack.
// std::bad_alloc is "out of memory".
std::string ExceptionLine(const std::exception& error);

// Returns ResourceExhausted where memory could not be had, on the processor or
// (CUDA, cuBLAS, NCCL) on a GPU, else Internal.
absl::Status ExceptionStatus(const std::exception& error);

// Returns what `work` returns, a Status or a StatusOr, or the error of the
// exception that it throws.
template <typename Work>
auto CatchExceptions(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& error) {
    return ExceptionStatus(error);
  }
}

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROGRAM_EXCEPTION_STATUS_H_
