// Parses the header of a safetensors file and checks it against the bytes that
// follow.
//
//   absl::StatusOr<vit::SafetensorsHeader> header =
//       vit::ParseSafetensorsHeader(bytes, "weights.safetensors");
//   for (const vit::SafetensorsEntry& entry : header->entries) ...
//
// The parser does not need LibTorch, so that it can be fuzzed. Accepted tensors
// can be allocated and copied without further checks.
#ifndef CALDERA_VIT_WEIGHTS_SAFETENSORS_HEADER_H_
#define CALDERA_VIT_WEIGHTS_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::vit {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;      // the file's own name: "F32"
  uint64_t element_size;  // of the dtype, in bytes; 0: the reader lacks it
  std::vector<int64_t> shape;
  uint64_t begin, end;  // within SafetensorsHeader::data
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
  absl::string_view data;  // the bytes after the header, a part of the input
};

// Parses a header. Errors: InvalidArgument that begins with `name`, as listed
// at ReadSafetensors.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(
    absl::string_view bytes, const std::string& name);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_SAFETENSORS_HEADER_H_
