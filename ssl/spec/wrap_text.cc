#include "ssl/spec/wrap_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace caldera::ssl {
namespace {

constexpr size_t kColumns = 80;

}  // namespace

std::string WrapText(absl::string_view head, absl::string_view text,
                     int indent) {
  if (head.empty() && text.empty()) return "";
  const std::string margin(indent, ' ');
  std::string line(head), out;
  bool fresh = true;  // no word of `text` stands on the line yet
  const auto end_line = [&] {
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&out, line, "\n");
    line = margin;
    fresh = true;
  };
  bool first = true;
  for (const absl::string_view paragraph : absl::StrSplit(text, '\n')) {
    if (!first) end_line();
    first = false;
    for (const absl::string_view word :
         absl::StrSplit(paragraph, ' ', absl::SkipEmpty())) {
      const size_t wanted = line.size() + (fresh ? 0 : 1) + word.size();
      if (wanted > kColumns && line != margin) end_line();
      absl::StrAppend(&line, fresh ? "" : " ", word);
      fresh = false;
    }
  }
  end_line();
  std::replace(out.begin(), out.end(), '\t', ' ');
  return out;
}

std::string Shorten(absl::string_view text, int indent) {
  const size_t room = kColumns - indent;
  text = text.substr(0, text.find('\n'));
  if (text.size() <= room) return std::string(text);
  for (size_t stop = text.find(". "); stop < room;
       stop = text.find(". ", stop + 1)) {
    // A small letter or a number follows an abbreviation.
    if (stop + 2 < text.size() && absl::ascii_isupper(text[stop + 2])) {
      return std::string(text.substr(0, stop + 1));
    }
  }
  const size_t space = text.rfind(' ', room - 3);
  return absl::StrCat(text.substr(0, space), "...");
}

}  // namespace caldera::ssl
