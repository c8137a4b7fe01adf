// Makes text for SVG.
//
//   svg += SvgText(10, 20, "middle", "loss < 0.4");
#ifndef CALDERA_BASE_DRAW_SVG_TEXT_H_
#define CALDERA_BASE_DRAW_SVG_TEXT_H_

#include <string>

namespace caldera::base {

// Escapes an XML text or attribute. What XML does not allow, control characters
// and bytes that are no UTF-8, reads as in base/text/printable_text.h.
std::string XmlEscaped(const std::string& text);

// Returns a <text> element. `anchor` is "start", "middle" or "end"; `more`
// holds further attributes, with a space before each.
std::string SvgText(double x, double y, const char* anchor,
                    const std::string& text, const std::string& more = "");

// Returns at most `bytes` of the text, as base/text/printable_text.h shows it,
// and
// "...", cut between characters.
std::string Shortened(const std::string& text, size_t bytes);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_SVG_TEXT_H_
