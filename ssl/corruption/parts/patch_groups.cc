// GMML's corruption replaces blocks of patches by those of another image
// ("aliens"), by noise or by zeros (Atito, Awais, Kittler, GMML is All you
// Need, 2022; Sara-Ahmed/GMML, datasets/datasets_utils.py,
// GMML_drop_rand_patches).
//
// Blocks are drawn until the image's share is reached; the last block is filled
// row by row only as far as needed, so that the share is in the specified
// range, which the authors' code exceeds. Alien patches come from the same
// place of the neighbour in the batch (0 and 1, 2 and 3, ...), where the
// authors take any image, so that a slice of a batch that begins and ends
// between pairs is corrupted as in the full batch. With MIX a coin decides for
// each image between noise and aliens, each with a share of its own, as in the
// authors' code (main.py): noise on 0.5 to 0.75 of an image, aliens on 0.3,
// where what remains of the image is its larger part.
//
// Caveats: the last image of an odd batch takes patches of the one before it;
// in a batch of one there is no other image, and patches become zeros.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/random_stream.h"
#include "ssl/corruption/corruption.h"
#include "ssl/corruption/image_noise.h"
#include "vit/grid.h"

namespace caldera::ssl {
namespace {

struct ShareRange {
  double min, max;
};

// Draws how many patches are replaced: a number in the range, if the range
// contains one.
int64_t DrawCount(const ShareRange& share, int64_t patches,
                  base::RandomStream& stream) {
  const auto n = static_cast<double>(patches);
  // 0.3 * 10 is a little above 3.
  const auto least = static_cast<int64_t>(std::ceil(share.min * n - 1e-9));
  const auto most = static_cast<int64_t>(std::floor(share.max * n + 1e-9));
  const int64_t count = std::llround(stream.Uniform(share.min, share.max) * n);
  const int64_t inside = least <= most ? std::clamp(count, least, most) : count;
  return std::clamp<int64_t>(inside, 1, patches);
}

// Replaces blocks in flags [N], all 0, until `count` patches are 1.
void DrawBlocks(const vit::Grid& grid, double max_block, int64_t count,
                base::RandomStream& stream, float* flags) {
  const auto longest = [&](int64_t side) {
    return std::max<int64_t>(
        std::min<int64_t>(2, side),
        std::llround(max_block * static_cast<double>(side)));
  };
  while (count > 0) {
    const int64_t top = stream.UniformInt(grid.height);
    const int64_t left = stream.UniformInt(grid.width);
    const int64_t bottom = std::min(
        grid.height, top + 1 + stream.UniformInt(longest(grid.height)));
    const int64_t right =
        std::min(grid.width, left + 1 + stream.UniformInt(longest(grid.width)));
    for (int64_t r = top; r < bottom; ++r) {
      for (int64_t c = left; c < right && count > 0; ++c) {
        float& flag = flags[r * grid.width + c];
        count -= flag == 0 ? 1 : 0;
        flag = 1;
      }
    }
  }
}

// Returns the neighbours' images: rows 1, 0, 3, 2, ...; the last row of an odd
// batch takes the one before it.
at::Tensor Neighbours(const at::Tensor& images) {
  const int64_t b = images.size(0), even = b - b % 2;
  if (b == 1) return at::zeros_like(images);
  const at::Tensor pairs = images.slice(0, 0, even)
                               .unflatten(0, {even / 2, 2})
                               .flip(1)
                               .flatten(0, 1);
  if (even == b) return pairs;
  return at::cat({pairs, images.slice(0, b - 2, b - 1)});
}

class PatchGroups : public Corruption {
 public:
  PatchGroups(const PatchGroupsSpec& spec, const vit::EncoderSpec& encoder)
      : spec_(spec),
        grid_(vit::GridOf(encoder)),
        image_size_(encoder.image_size()),
        patch_size_(encoder.patch_size()),
        channels_(encoder.channels()) {}

  bool replaces_patches() const override { return true; }
  int64_t rows_together() const override {
    return spec_.fill() == PatchGroupsSpec::ALIEN || mixes() ? 2 : 1;
  }
  // Returns per_patch: float, 1 = replaced; for NOISE and MIX also per_pixel:
  // float; for MIX also per_image: float, 1 = noise.
  CorruptionDraws Draw(const base::Streams& streams,
                       const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override;

 private:
  bool mixes() const { return spec_.fill() == PatchGroupsSpec::MIX; }

  PatchGroupsSpec spec_;
  vit::Grid grid_;
  int64_t image_size_, patch_size_, channels_;
};

CorruptionDraws PatchGroups::Draw(const base::Streams& streams,
                                  const at::Tensor& index) const {
  const int64_t b = index.size(0), n = grid_.size();
  const PatchMixSpec& mix = spec_.mix();
  at::Tensor flags = at::zeros({b, n});
  at::Tensor noisy = mixes() ? at::zeros({b}) : at::Tensor();
  auto* out = flags.data_ptr<float>();
  const auto* samples = index.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < b; ++i) {
    base::RandomStream stream =
        streams.Sample("corruption", static_cast<uint64_t>(samples[i]));
    ShareRange share = {spec_.min_share(), spec_.max_share()};
    if (mixes()) {
      const bool noise = stream.Uniform() < mix.noise();
      noisy.data_ptr<float>()[i] = noise ? 1 : 0;
      share = noise ? ShareRange{mix.min_noise_share(), mix.max_noise_share()}
                    : ShareRange{mix.min_alien_share(), mix.max_alien_share()};
    }
    DrawBlocks(grid_, spec_.max_block(), DrawCount(share, n, stream), stream,
               out + i * n);
  }
  if (spec_.fill() != PatchGroupsSpec::NOISE && !mixes()) {
    return {{}, flags, {}};
  }
  return {noisy, flags,
          ImageNoise(streams, index, {channels_, image_size_, image_size_})};
}

CorruptedImages PatchGroups::Apply(const at::Tensor& images,
                                   const CorruptionDraws& draws) const {
  const at::Tensor patches =
      draws.per_patch.to(images.scalar_type());  // [B, N]
  const at::Tensor replaced =                    // [B, 1, H, W]
      (patches.view({-1, 1, grid_.height, grid_.width}) > 0)
          .repeat_interleave(patch_size_, 2)
          .repeat_interleave(patch_size_, 3);
  at::Tensor fill;  // [B, C, H, W]
  switch (spec_.fill()) {
    case PatchGroupsSpec::ALIEN:
      fill = Neighbours(images);
      break;
    case PatchGroupsSpec::NOISE:
      fill = draws.per_pixel.to(images.scalar_type());
      break;
    case PatchGroupsSpec::ZERO:
      fill = at::zeros_like(images);
      break;
    case PatchGroupsSpec::MIX:
      fill = at::where((draws.per_image > 0).view({-1, 1, 1, 1}),
                       draws.per_pixel.to(images.scalar_type()),
                       Neighbours(images));
      break;
  }
  return {at::where(replaced, fill, images), patches, {}};
}

const bool kPatchGroups = CorruptionPart::Register<PatchGroupsSpec>(
    {"patch_groups", "Blocks of patches are replaced (GMML)."},
    [](const PatchGroupsSpec& spec, const vit::EncoderSpec& encoder) {
      return std::make_unique<PatchGroups>(spec, encoder);
    },
    [](const PatchGroupsSpec& spec) {
      const PatchMixSpec& mix = spec.mix();
      base::FieldCheck check;
      const auto ascends = [&check](const char* least, double min,
                                    const char* most, double max) {
        check.Require(min <= max, least, min,
                      absl::StrCat("is above patch_groups.", most, ": ", max));
      };
      ascends("min_share", spec.min_share(), "max_share", spec.max_share());
      ascends("mix.min_noise_share", mix.min_noise_share(),
              "mix.max_noise_share", mix.max_noise_share());
      ascends("mix.min_alien_share", mix.min_alien_share(),
              "mix.max_alien_share", mix.max_alien_share());
      if (spec.has_mix() && spec.fill() != PatchGroupsSpec::MIX) {
        return absl::InvalidArgumentError(
            absl::StrCat("mix: is read with fill: MIX, not with ",
                         PatchGroupsSpec::Fill_Name(spec.fill()),
                         "; leave one of them out"));
      }
      return check.status();
    });

}  // namespace
}  // namespace caldera::ssl
