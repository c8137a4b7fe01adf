// Reads the text of a .cls file of a tar shard.
//
//   std::optional<TarLabel> label = ParseTarLabel("3\n");  // number: 3
#ifndef CALDERA_DATA_FORMATS_TAR_TAR_LABEL_H_
#define CALDERA_DATA_FORMATS_TAR_TAR_LABEL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace caldera::data {

struct TarLabel {
  int64_t number = -1;  // -1: unknown
  std::string name;     // "": the label is the number
};

// White space around it, a byte order mark and what Python makes of bytes
// ("b'3'") are passed over. "3.0" is 3. Returns nothing if the text is empty,
// is no text, or is a number that is no integer of 53 bits: a target of a
// regression is no class.
std::optional<TarLabel> ParseTarLabel(absl::string_view text);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_TAR_LABEL_H_
