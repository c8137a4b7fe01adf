// Whatever the bytes, ReadClassList returns; what it accepts are classes with
// names, each of them once.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "data/formats/class_list.h"
#include "data/formats/memory_file_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const caldera::data::MemoryFile file(data, size);
  const auto classes = caldera::data::ReadClassList(file.path());
  if (!classes.ok()) {
    if (!absl::StartsWith(classes.status().message(), file.path())) {
      std::abort();
    }
    return 0;
  }
  if (classes->empty()) std::abort();
  std::set<std::string> names;
  for (const caldera::data::ListedClass& one : *classes) {
    if (one.name.empty() || one.line < 1) std::abort();
    if (!names.insert(one.name).second) std::abort();
  }
  return 0;
}
