// A picture of pixels with words around it, as one SVG that needs no other
// file.
//
//   std::string svg = CaptionedPicture("Attention", {"input", "head 1"},
//                                      "m_mae, block 6", encoded_png, w, h);
//
// The columns' names stand above the picture, evenly spaced.
#ifndef CALDERA_BASE_DRAW_CAPTIONED_PICTURE_H_
#define CALDERA_BASE_DRAW_CAPTIONED_PICTURE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace caldera::base {

// png: an encoded picture of width x height pixels, shown at that size. A
// complete <svg> element; texts are escaped.
std::string CaptionedPicture(const std::string& title,
                             const std::vector<std::string>& columns,
                             const std::string& caption, const std::string& png,
                             int64_t width, int64_t height);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_CAPTIONED_PICTURE_H_
