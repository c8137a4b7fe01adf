// Whatever the bytes, ZipArchive returns; its entries are within the input.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "vit/weights/zip_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto zip = caldera::vit::ZipArchive::Parse(bytes, "input");
  if (!zip.ok()) return 0;
  for (const auto& [name, entry] : zip->entries()) {
    const auto read = zip->Read(name);
    if (!read.ok()) continue;
    if (read->data() < bytes.data() ||
        read->data() + read->size() > bytes.data() + bytes.size()) {
      std::abort();
    }
  }
  return 0;
}
