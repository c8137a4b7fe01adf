// Writes what a page needs to show the image of an embedding's point beside it:
// embedding.json, next to embedding.svg.
//
//   HoverImages images = {rows, thumbnails, positions};
//   auto status = WriteHover(points, images, "figures/runs_a/embedding.json");
//
// The file is an object: "width" and "height" of the picture; "x" and "y" of
// the points in it, "name" of the class and the image of each; "side" of the
// thumbnails, which "sheet" (a data: URI) has in rows of "columns".
// ssl/tools/report/page/report.js reads it.
#ifndef CALDERA_SSL_TOOLS_FIGURES_EMBEDDING_HOVER_H_
#define CALDERA_SSL_TOOLS_FIGURES_EMBEDDING_HOVER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/draw/scatter_picture.h"

namespace caldera::ssl {

// The points that have an image. All lists are equally long.
struct HoverImages {
  std::vector<int64_t> rows;       // their rows in the plane
  at::Tensor thumbnails;           // uint8 [M, C, S, S], C = 1 or 3
  std::vector<int64_t> positions;  // of the images in their set, for people
};

// Returns how many thumbnails of C x S x S bytes make a page of bearable size:
// 2 MiB of pixels together, and 2,000 at most.
int64_t MostThumbnails(int64_t channels, int64_t side);

// Errors: those of writing `path`. CHECKs the shapes.
absl::Status WriteHover(const base::ScatterPoints& points,
                        const HoverImages& images, const std::string& path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_FIGURES_EMBEDDING_HOVER_H_
