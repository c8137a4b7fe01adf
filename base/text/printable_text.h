// Shows text of any bytes, such as names of files and classes, as valid UTF-8.
//
//   PrintableText("Gr\xF6\xDF" "e");   // "Gr\\xF6\\xDFe"
//   PrintableText("two\nlines");      // "two\\nlines"
//
// What a terminal, a page or a JSON reader cannot show is written as an escape,
// so that two names stay two names. A backslash stays as it is: a text that is
// shown twice reads the same, and a name that spells out an escape looks like
// what it spells. Use it where text is shown, never where it is opened.
#ifndef CALDERA_BASE_TEXT_PRINTABLE_TEXT_H_
#define CALDERA_BASE_TEXT_PRINTABLE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace caldera::base {

// Returns true if `bytes` are UTF-8 without a character that is too long,
// beyond U+10FFFF or half of a surrogate pair.
bool IsUtf8(absl::string_view bytes);

// Returns the text with each byte that is no UTF-8 as "\xF6"; all else stays.
std::string ValidUtf8(absl::string_view bytes);

// Returns the text on one line: also with control characters, separators of
// lines and characters that turn the direction of writing as escapes.
std::string PrintableText(absl::string_view bytes);

// Returns the same of a text of several lines: newlines and tabs stay.
std::string PrintableLines(absl::string_view bytes);

}  // namespace caldera::base

#endif  // CALDERA_BASE_TEXT_PRINTABLE_TEXT_H_
