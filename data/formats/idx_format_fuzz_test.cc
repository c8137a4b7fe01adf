// Whatever the bytes, DecodeIdx returns; what it accepts agrees with itself.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "data/formats/idx_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto idx = caldera::data::DecodeIdx(
      absl::string_view(reinterpret_cast<const char*>(data), size), "input");
  if (!idx.ok()) {
    if (idx.status().message().substr(0, 7) != "input: ") std::abort();
    return 0;
  }
  uint64_t product = 1;
  for (const int64_t dim : idx->dims) product *= dim;
  if (product != idx->payload.size()) std::abort();
  return 0;
}
