#include "base/program/exception_status.h"

#include <new>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/text/printable_text.h"

namespace caldera::base {
namespace {

// What the texts of failed allocations have in common: those of LibTorch's
// allocators, of cuBLAS and cuDNN, of CUDA and NCCL.
constexpr const char* kNoMemory[] = {
    "can't allocate memory", "not enough memory", "out of memory",
    "ALLOC_FAILED",          "bad_alloc",         "Cannot allocate memory"};

}  // namespace

std::string ExceptionLine(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return "out of memory";
  }
  const std::string text = error.what();
  return PrintableText(text.substr(0, text.find('\n')));
}

absl::Status ExceptionStatus(const std::exception& error) {
  const std::string line = ExceptionLine(error);
  for (const char* sign : kNoMemory) {
    if (absl::StrContains(absl::AsciiStrToLower(line),
                          absl::AsciiStrToLower(sign))) {
      return absl::ResourceExhaustedError(line);
    }
  }
  return absl::InternalError(line);
}

}  // namespace caldera::base
