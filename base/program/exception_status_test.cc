#include "base/program/exception_status.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "absl/status/statusor.h"

namespace caldera::base {
namespace {

absl::Status StatusOf(const std::string& text) {
  return ExceptionStatus(std::runtime_error(text));
}

TEST(ExceptionStatus, KnowsFailedAllocations) {
  EXPECT_EQ(ExceptionStatus(std::bad_alloc()),
            absl::ResourceExhaustedError("out of memory"));
  for (const char* text :
       {"[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: "
        "can't allocate memory: you tried to allocate 9 bytes.",
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate",
        "NCCL error: unhandled cuda error: out of memory"}) {
    EXPECT_EQ(StatusOf(text), absl::ResourceExhaustedError(text));
  }
  EXPECT_EQ(StatusOf("sizes differ"), absl::InternalError("sizes differ"));
}

TEST(ExceptionStatus, IsOneLine) {
  EXPECT_EQ(StatusOf("it broke\nframe #0: at::f()\nframe #1: main"),
            absl::InternalError("it broke"));
}

TEST(CatchExceptions, ReturnsWhatTheWorkReturns) {
  EXPECT_EQ(CatchExceptions([] { return absl::AbortedError("a"); }),
            absl::AbortedError("a"));
  const absl::StatusOr<int> three =
      CatchExceptions([]() -> absl::StatusOr<int> { return 3; });
  ASSERT_EQ(three.status(), absl::OkStatus());
  EXPECT_EQ(*three, 3);
  EXPECT_EQ(CatchExceptions([]() -> absl::StatusOr<int> {
              throw std::runtime_error("b");
            }).status(),
            absl::InternalError("b"));
}

}  // namespace
}  // namespace caldera::base
