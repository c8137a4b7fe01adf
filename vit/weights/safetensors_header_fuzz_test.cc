// Whatever the bytes, ParseSafetensorsHeader returns; accepted headers are
// consistent: tensors of the stated sizes, one after another, fill the data.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "vit/weights/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto header = caldera::vit::ParseSafetensorsHeader(
      absl::string_view(reinterpret_cast<const char*>(data), size), "input");
  if (!header.ok()) {
    if (!absl::StartsWith(header.status().message(), "input ")) std::abort();
    return 0;
  }
  uint64_t offset = 0;
  for (const caldera::vit::SafetensorsEntry& entry : header->entries) {
    uint64_t bytes = entry.element_size;
    for (const int64_t extent : entry.shape) {
      if (extent < 0) std::abort();
      bytes *= extent;
    }
    if (entry.begin != offset || entry.end != offset + bytes) std::abort();
    offset = entry.end;
  }
  if (offset != header->data.size()) std::abort();
  if (header->data.size() + 8 > size) std::abort();
  return 0;
}
