// Block-wise masking removes rectangles until the ratio is reached (Bao et al.,
// BEiT, ICLR 2022, algorithm 1).
//
// BEiT stops near the intended number of patches; here the number is exact, as
// a batch needs: when no further rectangle fits, single patches are removed.
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random_stream.h"
#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {
namespace {

constexpr int kAttempts = 10;  // for one rectangle, as in BEiT

// The state of one image's mask: the patches removed so far.
class Blocks {
 public:
  Blocks(const vit::Grid& grid, int64_t target, base::RandomStream* stream)
      : grid_(grid),
        removed_(grid.size(), false),
        missing_(target),
        stream_(stream) {}

  // Removes rectangles while they fit, then single patches.
  const std::vector<bool>& Fill(const BlockMaskSpec& spec) {
    while (missing_ > 0 && AddRectangle(spec)) {
    }
    while (missing_ > 0) {
      const int64_t n = stream_->UniformInt(grid_.size());
      missing_ -= removed_[n] ? 0 : 1;
      removed_[n] = true;
    }
    return removed_;
  }

 private:
  // Returns false if no attempt found a rectangle that removes between 1 and
  // the missing number of patches.
  bool AddRectangle(const BlockMaskSpec& spec) {
    const double log_aspect = std::log(spec.min_aspect());
    const auto most = static_cast<double>(missing_);
    const double least =
        std::min(most, spec.min_share() * static_cast<double>(grid_.size()));
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const double area = stream_->Uniform(least, most);
      const double aspect = std::exp(stream_->Uniform(log_aspect, -log_aspect));
      const int64_t h = std::llround(std::sqrt(area * aspect));
      const int64_t w = std::llround(std::sqrt(area / aspect));
      if (h < 1 || w < 1 || h > grid_.height || w > grid_.width) continue;
      const int64_t top = stream_->UniformInt(grid_.height - h + 1);
      const int64_t left = stream_->UniformInt(grid_.width - w + 1);
      if (Remove(top, left, h, w)) return true;
    }
    return false;
  }

  bool Remove(int64_t top, int64_t left, int64_t h, int64_t w) {
    std::vector<int64_t> fresh;
    for (int64_t r = top; r < top + h; ++r) {
      for (int64_t c = left; c < left + w; ++c) {
        if (!removed_[r * grid_.width + c])
          fresh.push_back(r * grid_.width + c);
      }
    }
    const auto count = static_cast<int64_t>(fresh.size());
    if (count < 1 || count > missing_) return false;
    for (const int64_t n : fresh) removed_[n] = true;
    missing_ -= count;
    return true;
  }

  vit::Grid grid_;
  std::vector<bool> removed_;
  int64_t missing_;
  base::RandomStream* stream_;
};

class BlockMask : public MaskSampler {
 public:
  explicit BlockMask(const BlockMaskSpec& spec) : spec_(spec) {}

  Mask Sample(const MaskRequest& request) const override {
    const int64_t b = request.index.size(0), n = request.grid.size();
    const int64_t kept = NumKept(n, request.ratio);
    at::Tensor flags = at::empty({b, n}, at::kFloat);  // 1 = removed
    auto* out = flags.data_ptr<float>();
    const auto* samples = request.index.const_data_ptr<int64_t>();
    for (int64_t i = 0; i < b; ++i) {
      base::RandomStream stream =
          request.streams.Sample("mask", static_cast<uint64_t>(samples[i]));
      Blocks blocks(request.grid, n - kept, &stream);
      for (const bool removed : blocks.Fill(spec_)) {
        *out++ = removed ? 1 : 0;
      }
    }
    return MaskFromNoise(flags, kept);
  }

 private:
  BlockMaskSpec spec_;
};

const bool kBlock = MaskSamplerPart::Register<BlockMaskSpec>(
    {"block", "Rectangles are removed until the ratio is reached (BEiT)."},
    [](const BlockMaskSpec& spec) {
      return std::make_unique<BlockMask>(spec);
    });

}  // namespace
}  // namespace caldera::ssl
