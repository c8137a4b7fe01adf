#include "base/draw/captioned_picture.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/draw/svg_text.h"

namespace caldera::base {
namespace {

constexpr double kMargin = 16, kTitle = 34, kColumns = 20, kCaption = 34;
constexpr double kLeastWidth = 420;  // for the title
constexpr double kCharacter = 6.6;   // approximate width at size 12

}  // namespace

std::string CaptionedPicture(const std::string& title,
                             const std::vector<std::string>& columns,
                             const std::string& caption, const std::string& png,
                             int64_t width, int64_t height) {
  const auto w = static_cast<double>(width), h = static_cast<double>(height);
  const double full = std::max(
      {w + 2 * kMargin, kLeastWidth,
       kCharacter * static_cast<double>(caption.size()) + 2 * kMargin});
  // An integer, so that the picture's pixels stay pixels.
  const double left = std::floor((full - w) / 2), top = kTitle + kColumns;
  std::string svg = absl::StrCat(
      absl::StrFormat(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
          "width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" "
          "font-size=\"12\" fill=\"#222222\" role=\"img\">\n",
          full, top + h + kCaption, full, top + h + kCaption),
      "<title>", XmlEscaped(title),
      "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
      SvgText(full / 2, 24, "middle", title,
              " font-size=\"16\" font-weight=\"bold\""));
  const double step =
      w / static_cast<double>(std::max<size_t>(1, columns.size()));
  const auto room = static_cast<size_t>(std::max(4.0, step / kCharacter));
  for (size_t i = 0; i < columns.size(); ++i) {
    absl::StrAppend(
        &svg, SvgText(left + step * (static_cast<double>(i) + 0.5), top - 6,
                      "middle", Shortened(columns[i], room)));
  }
  absl::StrAppend(
      &svg,
      absl::StrFormat("<image x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" "
                      "height=\"%.0f\" href=\"data:image/png;base64,",
                      left, top, w, h),
      absl::Base64Escape(png), "\"/>\n",
      SvgText(full / 2, top + h + 22, "middle", caption), "</svg>\n");
  return svg;
}

}  // namespace caldera::base
