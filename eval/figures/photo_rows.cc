#include "eval/figures/photo_rows.h"

#include <algorithm>
#include <cstdint>

#include "base/draw/captioned_picture.h"
#include "base/draw/encode_png.h"
#include "base/draw/image_grid.h"
#include "base/draw/svg_pixels.h"
#include "base/status.h"

namespace caldera::eval {
namespace {

constexpr int64_t kLeastHeight = 96;
constexpr int64_t kGap = 4;

}  // namespace

absl::StatusOr<at::Tensor> PhotoRows(
    const std::vector<std::vector<at::Tensor>>& rows, const std::string& title,
    const std::vector<std::string>& columns, const std::string& caption) {
  const int64_t height = rows[0][0].size(1);
  const int64_t scale =
      std::max<int64_t>(1, (kLeastHeight + height - 1) / height);
  const at::Tensor pixels = base::ImageGrid(rows, scale, kGap);  // [C, H', W']
  ASSIGN_OR_RETURN(const std::string png, base::EncodePng(pixels));
  return base::SvgPixels(base::CaptionedPicture(title, columns, caption, png,
                                                pixels.size(2), pixels.size(1)),
                         /*scale=*/1);
}

}  // namespace caldera::eval
