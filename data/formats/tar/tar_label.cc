#include "data/formats/tar/tar_label.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace caldera::data {

std::optional<TarLabel> ParseTarLabel(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  text = absl::StripAsciiWhitespace(text);
  for (const absl::string_view quote : {"'", "\""}) {
    absl::string_view inner = text;
    if (absl::ConsumePrefix(&inner, "b") &&
        absl::ConsumePrefix(&inner, quote) &&
        absl::ConsumeSuffix(&inner, quote)) {
      text = absl::StripAsciiWhitespace(inner);
    }
  }
  if (text.empty() ||
      std::any_of(text.begin(), text.end(), absl::ascii_iscntrl)) {
    return std::nullopt;
  }
  TarLabel label;
  double number = 0;
  if (!absl::SimpleAtod(text, &number)) {
    label.name = std::string(text);
    return label;
  }
  if (!(std::abs(number) < 9007199254740992) || number != std::floor(number)) {
    return std::nullopt;
  }
  label.number = static_cast<int64_t>(number);
  return label;
}

}  // namespace caldera::data
