// Whatever the bytes, ClassNames returns; what it accepts are as many names as
// there are classes. The first byte is their number.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "data/formats/class_names.h"
#include "data/formats/memory_file_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const caldera::data::MemoryFile file(data + 1, size - 1);
  const auto names = caldera::data::ClassNames(file.path(), data[0] % 16, {});
  if (!names.ok()) {
    if (!absl::StartsWith(names.status().message(), file.path())) std::abort();
    return 0;
  }
  if (names->size() != data[0] % 16) std::abort();
  for (const std::string& name : *names) {
    if (name.empty() || absl::StrContains(name, "\n")) std::abort();
  }
  return 0;
}
