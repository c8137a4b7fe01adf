#include "eval/figures/neighbour_figure.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <glog/logging.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "eval/figures/photo_rows.h"

namespace caldera::eval {

std::vector<std::vector<int64_t>> NearestRows(const at::Tensor& features,
                                              int64_t photos,
                                              int64_t neighbours) {
  const int64_t n = features.size(0);
  CHECK_GE(n, 2);
  const at::Tensor x = features.to(at::kCPU, at::kDouble);  // [N, D]
  const at::Tensor length =
      at::linalg_vector_norm(x, 2, at::IntArrayRef{1}, /*keepdim=*/true);
  const at::Tensor unit = x / length.clamp_min(1e-12);  // [N, D]
  std::vector<std::vector<int64_t>> rows;
  const int64_t shown = std::min(photos, n);
  for (int64_t p = 0; p < shown; ++p) {
    const int64_t photo = p * n / shown;
    at::Tensor cosine = at::matmul(unit, unit[photo]);  // [N]
    cosine[photo].fill_(2);                             // itself comes first
    const at::Tensor order =
        at::argsort(cosine, /*stable=*/true, 0, /*descending=*/true)
            .narrow(0, 0, std::min(n, neighbours + 1))
            .contiguous();
    const int64_t* data = order.const_data_ptr<int64_t>();
    rows.emplace_back(data, data + order.numel());
  }
  return rows;
}

absl::StatusOr<at::Tensor> NeighbourFigure(const at::Tensor& images,
                                           const at::Tensor& features,
                                           int64_t photos, int64_t neighbours) {
  CHECK(images.dim() == 4 && images.size(0) == features.size(0));
  const auto rows = NearestRows(features, photos, neighbours);
  std::vector<std::vector<at::Tensor>> grid;
  size_t columns = 0;
  for (const auto& row : rows) {
    auto& line = grid.emplace_back();
    for (const int64_t image : row) line.push_back(images[image].cpu());
    columns = std::max(columns, row.size());
  }
  std::vector<std::string> names = {"photo", "nearest"};
  for (size_t i = 2; i < columns; ++i) names.push_back(absl::StrCat(i, "."));
  return PhotoRows(grid, "Nearest neighbours", names,
                   absl::StrCat("by the cosine of their features, among ",
                                images.size(0), " photos that were held out"));
}

}  // namespace caldera::eval
