#include "base/text/printable_text.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace caldera::base {
namespace {

// What is shown as an escape, besides bytes that are no UTF-8.
enum class Escapes { kNone, kControls, kControlsAndLines };

struct Character {
  uint32_t code;
  size_t size;  // in bytes; 0 where they are no UTF-8
};

// Decodes the character at the beginning of `bytes`, which are not empty.
Character Decode(absl::string_view bytes) {
  const auto first = static_cast<uint8_t>(bytes[0]);
  if (first < 0x80) return {first, 1};
  // The lowest code of each size: what is below would be too long.
  constexpr uint32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
  const size_t size = first < 0xC0   ? 0
                      : first < 0xE0 ? 2
                      : first < 0xF0 ? 3
                      : first < 0xF8 ? 4
                                     : 0;
  if (size == 0 || size > bytes.size()) return {0, 0};
  uint32_t code = first & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<uint8_t>(bytes[i]);
    if ((next & 0xC0) != 0x80) return {0, 0};
    code = code << 6 | (next & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < kLowest[size] || code > 0x10FFFF || surrogate) return {0, 0};
  return {code, size};
}

// Returns true for a character that does something else than to be seen.
bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) ||  // C0, DEL, C1
         code == 0x2028 || code == 0x2029 ||              // ends of lines
         code == 0x200E || code == 0x200F ||              // directions
         (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) ||
         (code & 0xFFFE) == 0xFFFE;  // no characters, refused by XML
}

std::string Escape(uint32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return code < 0x80      ? absl::StrFormat("\\x%02X", code)
             : code < 0x10000 ? absl::StrFormat("\\u%04X", code)
                              : absl::StrFormat("\\U%08X", code);
  }
}

std::string Shown(absl::string_view bytes, Escapes escapes) {
  std::string text;
  while (!bytes.empty()) {
    const Character next = Decode(bytes);
    const size_t size = next.size == 0 ? 1 : next.size;
    const bool line = next.code == '\n' || next.code == '\t';
    if (next.size == 0) {
      absl::StrAppend(
          &text, absl::StrFormat("\\x%02X", static_cast<uint8_t>(bytes[0])));
    } else if (escapes != Escapes::kNone && IsControl(next.code) &&
               (!line || escapes == Escapes::kControlsAndLines)) {
      absl::StrAppend(&text, Escape(next.code));
    } else {
      absl::StrAppend(&text, bytes.substr(0, size));
    }
    bytes.remove_prefix(size);
  }
  return text;
}

}  // namespace

bool IsUtf8(absl::string_view bytes) {
  while (!bytes.empty()) {
    const size_t size = Decode(bytes).size;
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

std::string ValidUtf8(absl::string_view bytes) {
  return Shown(bytes, Escapes::kNone);
}

std::string PrintableText(absl::string_view bytes) {
  return Shown(bytes, Escapes::kControlsAndLines);
}

std::string PrintableLines(absl::string_view bytes) {
  return Shown(bytes, Escapes::kControls);
}

}  // namespace caldera::base
