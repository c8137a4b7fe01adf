// MP3's target: the place of each patch in the image, int64 [B, N] = 0, 1, ...,
// N - 1, for an encoder that is not given positions.
//
// Source: Zhai et al., Position Prediction as an Effective Pretraining
// Strategy, ICML 2022, section 3.
#include <ATen/ops/arange.h>

#include <cstdint>

#include "ssl/targets/target.h"
#include "vit/grid.h"

namespace caldera::ssl {
namespace {

class PositionTarget : public Target {
 public:
  explicit PositionTarget(const vit::Grid& grid) : num_patches_(grid.size()) {}

  int64_t dim() const override { return num_patches_; }
  bool gives_ids() const override { return true; }
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* /*teacher*/) const override {
    const at::Tensor places =
        at::arange(num_patches_, images.options().dtype(at::kLong));
    return {places.expand({images.size(0), -1}), {}};  // [B, N]
  }

 private:
  int64_t num_patches_;
};

const bool kPositions = TargetPart::Register<PositionTargetSpec>(
    {"positions", "The patch's own place in the grid (MP3)."},
    [](const PositionTargetSpec&, const TargetOptions& options) {
      return std::make_unique<PositionTarget>(vit::GridOf(options.encoder));
    });

}  // namespace
}  // namespace caldera::ssl
