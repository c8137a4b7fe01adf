// The means of the patch tokens of the image's four quarters, one behind the
// other: [B, 4 D]. The mean of all patches forgets where in the image
// something is; raw pixels, with which features are compared, do not.
//
// The quarters are those of a 2 x 2 grid: top left, top right, bottom left,
// bottom right. Where the number of patches a side is odd, the quarters share
// the middle row and the middle column, as the bins of adaptive average pooling
// do, whose 2 x 2 output this is. Pooling a grid of features before a linear
// classifier follows Goyal et al., Scaling and Benchmarking Self-Supervised
// Visual Representation Learning, ICCV 2019.
#include <ATen/ops/cat.h>
#include <ATen/ops/mean.h>
#include <glog/logging.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "eval/features/tokens/token_feature.h"

namespace caldera::eval {
namespace {

class Quadrants : public TokenFeature {
 public:
  at::Tensor Read(const at::Tensor& tokens, int64_t prefix) const override {
    const at::Tensor patches = tokens.slice(1, prefix);  // [B, N, D]
    const auto side = static_cast<int64_t>(
        std::lround(std::sqrt(static_cast<double>(patches.size(1)))));
    CHECK_EQ(side * side, patches.size(1)) << "patches of a square image";
    const at::Tensor grid = patches.unflatten(1, {side, side});  // [B, s, s, D]
    const int64_t length = (side + 1) / 2, second = side / 2;
    std::vector<at::Tensor> quarters;  // [B, D] each
    for (const int64_t row : {int64_t{0}, second}) {
      for (const int64_t column : {int64_t{0}, second}) {
        quarters.push_back(
            grid.narrow(1, row, length).narrow(2, column, length).mean({1, 2}));
      }
    }
    return at::cat(quarters, 1);  // [B, 4 D]
  }
  bool needs_all_patches() const override { return true; }
  int64_t width(int64_t embed_dim) const override { return 4 * embed_dim; }
};

const bool kQuadrants = TokenFeaturePart::Register<base::NoOptions>(
    {"quadrants",
     "The means of the patch tokens of the image's four quarters, joined; for "
     "readouts."},
    [](const base::NoOptions&) { return std::make_unique<Quadrants>(); });

}  // namespace
}  // namespace caldera::eval
