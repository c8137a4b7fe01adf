// Whatever the bytes, ListTarSamples returns, asks for nothing outside the
// archive, and every sample is inside it.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "data/formats/tar/tar_samples.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read_at = [&](int64_t offset,
                           int64_t count) -> absl::StatusOr<std::string> {
    if (offset < 0 || count < 0 || offset > size || count > size - offset) {
      std::abort();
    }
    return std::string(bytes.substr(offset, count));
  };
  const auto samples = caldera::data::ListTarSamples(size, read_at, "input");
  if (!samples.ok()) {
    if (samples.status().message().substr(0, 7) != "input: ") std::abort();
    return 0;
  }
  if (samples->empty()) std::abort();
  for (const caldera::data::TarSample& sample : *samples) {
    if (sample.offset < 512 || sample.size < 1) std::abort();
    if (sample.size > size - sample.offset) std::abort();
    if (sample.label < -1 || sample.label > caldera::data::kMaxTarLabel) {
      std::abort();
    }
  }
  return 0;
}
