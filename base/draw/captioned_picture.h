// Draws a picture of pixels with title and caption, as one self-contained SVG.
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

// Returns a complete <svg> element that shows `png`, an encoded picture of
// width x height pixels, at that size. Texts are escaped.
std::string CaptionedPicture(const std::string& title,
                             const std::vector<std::string>& columns,
                             const std::string& caption, const std::string& png,
                             int64_t width, int64_t height);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_CAPTIONED_PICTURE_H_
