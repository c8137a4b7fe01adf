// Text in SVG.
//
//   svg += SvgText(10, 20, "middle", "loss < 0.4");
#ifndef CALDERA_BASE_DRAW_SVG_TEXT_H_
#define CALDERA_BASE_DRAW_SVG_TEXT_H_

#include <string>

namespace caldera::base {

// For an XML text or attribute. Control characters, which XML does not allow,
// become spaces.
std::string XmlEscaped(const std::string& text);

// A <text> element; anchor: "start", "middle" or "end"; more: further
// attributes, with a space before each.
std::string SvgText(double x, double y, const char* anchor,
                    const std::string& text, const std::string& more = "");

// At most `bytes` of it and "...", cut between characters of UTF-8.
std::string Shortened(const std::string& text, size_t bytes);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_SVG_TEXT_H_
