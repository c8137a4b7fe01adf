#include "ssl/tools/figures/embedding_hover.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/draw/encode_png.h"
#include "base/draw/image_grid.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/json_text.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kMostBytes = 2 << 20, kMostImages = 2000;

// Returns the thumbnails in rows of `columns` as a data: URI.
absl::StatusOr<std::string> Sheet(const at::Tensor& thumbnails,
                                  int64_t columns) {
  std::vector<std::vector<at::Tensor>> rows;
  for (int64_t i = 0; i < thumbnails.size(0); ++i) {
    if (i % columns == 0) rows.emplace_back();
    rows.back().push_back(thumbnails[i]);
  }
  ASSIGN_OR_RETURN(const std::string png,
                   base::EncodePng(base::ImageGrid(rows, /*scale=*/1, 0)));
  return absl::StrCat("data:image/png;base64,", absl::Base64Escape(png));
}

}  // namespace

int64_t MostThumbnails(int64_t channels, int64_t side) {
  return std::clamp<int64_t>(kMostBytes / (channels * side * side), 1,
                             kMostImages);
}

absl::Status WriteHover(const base::ScatterPoints& points,
                        const HoverImages& images, const std::string& path) {
  const auto count = static_cast<int64_t>(images.rows.size());
  CHECK(count > 0 && images.thumbnails.size(0) == count &&
        static_cast<int64_t>(images.positions.size()) == count);
  const at::Tensor places = base::ScatterPlaces(points.plane);  // [N, 2]
  nlohmann::json x = nlohmann::json::array(), y = x, names = x;
  const auto tenths = [](double pixels) {
    return std::round(10 * pixels) / 10;
  };
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = images.rows[i];
    x.push_back(tenths(places[row][0].item<double>()));
    y.push_back(tenths(places[row][1].item<double>()));
    const std::string name =
        points.labels.defined()
            ? absl::StrCat(
                  ClassName(points, points.labels[row].item<int64_t>()), ", ")
            : "";
    names.push_back(absl::StrCat(name, "image ", images.positions[i]));
  }
  const auto columns =
      static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  ASSIGN_OR_RETURN(const std::string sheet, Sheet(images.thumbnails, columns));
  const nlohmann::json hover = {{"width", base::kScatterWidth},
                                {"height", base::kScatterHeight},
                                {"side", images.thumbnails.size(2)},
                                {"columns", columns},
                                {"x", x},
                                {"y", y},
                                {"name", names},
                                {"sheet", sheet}};
  return base::ReplaceFile(path, {base::JsonText(hover)});
}

}  // namespace caldera::ssl
