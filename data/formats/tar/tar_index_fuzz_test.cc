// Whatever the bytes, ParseTarIndex returns; what it accepts is the same after
// it was written again, and every image is inside its shard.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "data/formats/tar/tar_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto index = caldera::data::ParseTarIndex(
      absl::string_view(reinterpret_cast<const char*>(data), size), "input");
  if (!index.ok()) {
    if (!absl::StartsWith(index.status().message(), "input:")) std::abort();
    return 0;
  }
  for (const caldera::data::IndexedShard& shard : index->shards) {
    for (const caldera::data::TarSample& sample : shard.contents.samples) {
      if (sample.offset < 0 || sample.size < 1) std::abort();
      if (sample.size > shard.bytes - sample.offset) std::abort();
    }
  }
  const std::string again = caldera::data::TarIndexBytes(*index);
  const auto parsed = caldera::data::ParseTarIndex(again, "again");
  if (!parsed.ok() || caldera::data::TarIndexBytes(*parsed) != again) {
    std::abort();
  }
  return 0;
}
