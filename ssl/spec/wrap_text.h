// Breaks text into the lines of a terminal of 80 columns.
//
//   WrapText("  seed  ", "integer, default 0", 4);
//   // "  seed  integer, default 0\n"
#ifndef CALDERA_SSL_SPEC_WRAP_TEXT_H_
#define CALDERA_SSL_SPEC_WRAP_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace caldera::ssl {

// Returns `head` and, behind it, the words of `text`. Further lines begin with
// `indent` spaces; a newline of `text` begins one too, and a tab is a space at
// which no line ends. A word that is wider than a line stays whole. Returns ""
// for two empty texts.
std::string WrapText(absl::string_view head, absl::string_view text,
                     int indent);

// Returns `text` if one line has room for it behind `indent` columns, else its
// first sentence, or as many words of it as fit and "...".
std::string Shorten(absl::string_view text, int indent);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_WRAP_TEXT_H_
