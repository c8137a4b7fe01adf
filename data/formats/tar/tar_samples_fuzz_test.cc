// Whatever the bytes, ListTarSamples returns, asks for nothing outside the
// archive and not much at a time, and every sample is inside it. The index of
// the shard is read back.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "data/formats/tar/tar_index.h"
#include "data/formats/tar/tar_samples.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read_at = [&](int64_t offset,
                           int64_t count) -> absl::StatusOr<std::string> {
    if (offset < 0 || count < 0 || offset > size || count > size - offset ||
        count > 64 << 10) {
      std::abort();
    }
    return std::string(bytes.substr(offset, count));
  };
  auto contents = caldera::data::ListTarSamples(size, read_at, "input");
  if (!contents.ok()) {
    if (contents.status().message().substr(0, 7) != "input: ") std::abort();
    return 0;
  }
  const int64_t names = contents->class_names.size();
  for (const caldera::data::TarSample& sample : contents->samples) {
    if (sample.offset < 512 || sample.size < 1) std::abort();
    if (sample.size > size - sample.offset) std::abort();
    if (sample.label < -1 - names ||
        sample.label > caldera::data::kMaxTarLabel) {
      std::abort();
    }
  }
  caldera::data::IndexedShard shard;
  shard.name = std::string(bytes.substr(0, 100));
  shard.bytes = size;
  shard.contents = *std::move(contents);
  const std::string index = caldera::data::TarIndexBytes({".jpg", {shard}});
  const auto read = caldera::data::ParseTarIndex(index, "index");
  if (!read.ok() || caldera::data::TarIndexBytes(*read) != index) std::abort();
  return 0;
}
