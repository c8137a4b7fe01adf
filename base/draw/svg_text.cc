#include "base/draw/svg_text.h"

#include "absl/strings/str_format.h"
#include "base/text/printable_text.h"

namespace caldera::base {

std::string XmlEscaped(const std::string& text) {
  std::string escaped;
  for (const char c : PrintableText(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string SvgText(double x, double y, const char* anchor,
                    const std::string& text, const std::string& more) {
  return absl::StrFormat(
      "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>\n", x, y,
      anchor, more, XmlEscaped(text));
}

std::string Shortened(const std::string& text, size_t bytes) {
  const std::string shown = PrintableText(text);
  if (shown.size() <= bytes) return shown;
  size_t end = bytes;
  while (end > 0 && (shown[end] & 0xC0) == 0x80) --end;
  return shown.substr(0, end) + "...";
}

}  // namespace caldera::base
