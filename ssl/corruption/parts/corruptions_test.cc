// Tests what each corruption does, and that each sample is drawn independently.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "ssl/corruption/corruption.h"
#include "vit/model/patch_embedding.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kSize = 28, kPatch = 4, kSide = 7, kPatches = 49;

vit::EncoderSpec Encoder() {
  vit::EncoderSpec encoder;
  encoder.set_image_size(kSize);
  encoder.set_patch_size(kPatch);
  encoder.set_channels(2);
  return encoder;
}

absl::StatusOr<std::unique_ptr<Corruption>> Make(const std::string& text) {
  CorruptionSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec));
  return CorruptionPart::Create(spec, Encoder());
}

at::Tensor Images(int64_t b) { return vit::Normal({b, 2, kSize, kSize}, 1); }

CorruptedImages Corrupt(const std::string& text, const at::Tensor& images,
                        const at::Tensor& index, uint64_t step = 5) {
  const auto corruption = Make(text);
  EXPECT_TRUE(corruption.ok()) << corruption.status();
  return (*corruption)
      ->Apply(images, (*corruption)->Draw({/*seed=*/3, step}, index));
}

CorruptedImages Corrupt(const std::string& text, const at::Tensor& images) {
  return Corrupt(text, images, at::arange(images.size(0), at::kLong));
}

const char* const kAll[] = {"patch_groups {}",
                            "patch_groups { fill: ALIEN }",
                            "patch_groups { fill: NOISE }",
                            "patch_groups { fill: ZERO }",
                            "frequency_mask {}",
                            "downsample {}",
                            "blur {}",
                            "noise {}"};

// A pair of rows is corrupted equally at any place of a batch; another step or
// sample has other random numbers.
TEST(Corruptions, DependOnTheSampleAlone) {
  const at::Tensor images = Images(6), index = at::arange(6, at::kLong);
  for (const std::string text : kAll) {
    SCOPED_TRACE(text);
    const CorruptedImages full = Corrupt(text, images, index);
    const CorruptedImages part =
        Corrupt(text, images.slice(0, 2, 4), index.slice(0, 2, 4));
    EXPECT_TRUE(part.images.allclose(full.images.slice(0, 2, 4), 0, 1e-12));
    EXPECT_FALSE(full.images.allclose(images, 0, 1e-3));
    if (text == "downsample {}" || text == "blur {}") continue;
    EXPECT_FALSE(Corrupt(text, images, index, /*step=*/6)
                     .images.allclose(full.images, 0, 1e-6));
  }
}

TEST(Corruptions, SayWhatTheyRemove) {
  for (const std::string text : kAll) {
    SCOPED_TRACE(text);
    const auto corruption = Make(text);
    const CorruptedImages out = Corrupt(text, Images(2));
    EXPECT_EQ(out.patches.defined(), (*corruption)->replaces_patches());
    EXPECT_EQ(out.frequencies.defined(), text == "frequency_mask {}");
  }
}

TEST(PatchGroups, ReplaceAShareInTheRangeAskedFor) {
  const at::Tensor images = Images(64);
  const CorruptedImages out = Corrupt("patch_groups { fill: ZERO }", images);
  const at::Tensor counts = out.patches.sum(1);  // of 49: 25 to 34
  EXPECT_GE(counts.min().item<double>(), 0.5 * kPatches);
  EXPECT_LE(counts.max().item<double>(), 0.7 * kPatches);
  EXPECT_GT((counts.max() - counts.min()).item<double>(), 4);
  EXPECT_NEAR(counts.to(at::kDouble).mean().item<double>() / kPatches, 0.6,
              0.02);
  const CorruptedImages all =
      Corrupt("patch_groups { min_share: 1 max_share: 1 fill: ZERO }", images);
  EXPECT_EQ(all.patches.sum().item<double>(), 64 * kPatches);
  const CorruptedImages least = Corrupt(
      "patch_groups { min_share: 1e-6 max_share: 1e-6 fill: ZERO }", images);
  EXPECT_TRUE((least.patches.sum(1) == 1).all().item<bool>());
}

// Patches are replaced in groups: a replaced patch has more replaced neighbours
// than by chance.
TEST(PatchGroups, Connect) {
  const at::Tensor maps =
      Corrupt("patch_groups { min_share: 0.3 max_share: 0.3 fill: ZERO }",
              Images(200))
          .patches.view({-1, kSide, kSide});
  const double together =
      (maps.slice(2, 1) * maps.slice(2, 0, -1)).mean().item<double>();
  EXPECT_GT(together, 1.3 * 0.3 * 0.3);
}

// On a grid of 4 x 4, where 0.3 of a side is one patch, blocks still have two:
// more than half of the replaced patches of an image lie beside another one.
TEST(PatchGroups, AreGroupsOnASmallGridToo) {
  vit::EncoderSpec encoder = Encoder();
  encoder.set_patch_size(7);
  CorruptionSpec spec;
  spec.mutable_patch_groups()->set_fill(PatchGroupsSpec::ZERO);
  spec.mutable_patch_groups()->set_min_share(0.125);  // two patches
  spec.mutable_patch_groups()->set_max_share(0.125);
  const auto corruption = CorruptionPart::Create(spec, encoder);
  ASSERT_TRUE(corruption.ok()) << corruption.status();
  const at::Tensor index = at::arange(400, at::kLong);
  const at::Tensor maps =  // [400, 4, 4]
      (*corruption)->Draw({/*seed=*/3, 5}, index).per_patch.view({-1, 4, 4});
  const at::Tensor pairs =  // [400]: 1 where the two are neighbours
      (maps.slice(2, 1) * maps.slice(2, 0, -1)).sum({1, 2}) +
      (maps.slice(1, 1) * maps.slice(1, 0, -1)).sum({1, 2});
  // By chance 24 of 120 pairs are.
  EXPECT_GT(pairs.mean().item<double>(), 0.5);
}

at::Tensor Changed(const at::Tensor& a, const at::Tensor& b) {
  return vit::Patchify((a - b).abs(), kPatch).amax(2) > 0;  // [B, N]
}

TEST(PatchGroups, AlienPatchesComeFromTheNeighbour) {
  for (const int64_t b : {6, 5}) {
    const at::Tensor images = Images(b);
    const CorruptedImages out = Corrupt("patch_groups { fill: ALIEN }", images);
    EXPECT_TRUE(Changed(out.images, images).equal(out.patches > 0));
    // The last image of an odd batch takes patches of the one before it.
    const at::Tensor from = b == 6 ? at::tensor({1, 0, 3, 2, 5, 4}, at::kLong)
                                   : at::tensor({1, 0, 3, 2, 3}, at::kLong);
    EXPECT_TRUE(Changed(out.images, images.index_select(0, from))
                    .equal(out.patches == 0));
  }
  const at::Tensor one = Images(1);
  const CorruptedImages alone = Corrupt("patch_groups { fill: ALIEN }", one);
  EXPECT_TRUE(Changed(alone.images, 0 * one).equal(alone.patches == 0));
}

TEST(PatchGroups, FillWithNoiseOrZeros) {
  const at::Tensor images = Images(8) + 10;
  const CorruptedImages zero = Corrupt("patch_groups { fill: ZERO }", images);
  EXPECT_TRUE(Changed(zero.images, 0 * images).equal(zero.patches == 0));
  const CorruptedImages noise = Corrupt("patch_groups { fill: NOISE }", images);
  EXPECT_TRUE(Changed(noise.images, images).equal(noise.patches > 0));
  const at::Tensor drawn = vit::Patchify(noise.images, kPatch)
                               .masked_select((noise.patches > 0).unsqueeze(2));
  EXPECT_NEAR(drawn.mean().item<double>(), 0, 0.05);
  EXPECT_NEAR(drawn.std().item<double>(), 1, 0.05);
}

// The authors' mix: each image gets noise on 0.5 to 0.75 of its patches, or the
// neighbour's patches on 0.3 of them.
TEST(PatchGroups, MixNoiseAndAliensImageByImage) {
  constexpr int64_t kImages = 200;
  const at::Tensor images = Images(kImages);
  const CorruptedImages out = Corrupt("patch_groups {}", images);
  const at::Tensor neighbours =
      images.view({kImages / 2, 2, 2, kSize, kSize}).flip(1).view_as(images);
  const at::Tensor untouched = Changed(out.images, images).logical_not();
  EXPECT_TRUE(untouched.equal(out.patches == 0));
  const at::Tensor of_neighbour =  // [B, N]
      Changed(out.images, neighbours).logical_not();
  int64_t noisy = 0;
  for (int64_t b = 0; b < kImages; ++b) {
    const double share = out.patches[b].to(at::kDouble).mean().item<double>();
    if (of_neighbour[b].any().item<bool>()) {
      EXPECT_TRUE(of_neighbour[b].equal(out.patches[b] > 0)) << b;
      EXPECT_NEAR(share, 0.3, 0.5 / kPatches) << b;
    } else {
      ++noisy;
      EXPECT_GE(share, 0.5) << b;
      EXPECT_LE(share, 0.75) << b;
    }
  }
  EXPECT_GT(noisy, 70);
  EXPECT_LT(noisy, 130);
  const CorruptedImages aliens = Corrupt(
      "patch_groups { mix { noise: 0 min_alien_share: 0.1 max_alien_share: 0.2 "
      "} }",
      images);
  EXPECT_GE(aliens.patches.sum(1).min().item<double>(), 5);  // of 49
  EXPECT_LE(aliens.patches.sum(1).max().item<double>(), 9);
}

// Tests one low-pass and one high-pass image by their share of the energy.
TEST(FrequencyMask, TakesADiscOutOfTheSpectrum) {
  const at::Tensor images = Images(16);
  const at::Tensor before = at::fft_fft2(images);
  const CorruptedImages out =
      Corrupt("frequency_mask { radius: 0.15 }", images);  // of 4.2 frequencies
  const at::Tensor after = at::fft_fft2(out.images);
  int low = 0;
  for (int64_t b = 0; b < 16; ++b) {
    const bool low_pass = after[b][0][0][0].abs().item<double>() > 1e-9;
    low += low_pass ? 1 : 0;
    double mean = 0;
    for (int64_t u = 0; u < kSize; ++u) {
      for (int64_t v = 0; v < kSize; ++v) {
        const double y = u < kSize / 2 ? u : u - kSize;
        const double x = v < kSize / 2 ? v : v - kSize;
        const bool kept = (std::hypot(x, y) < 0.15 * kSize) == low_pass;
        const double left = after[b][0][u][v].abs().item<double>();
        const double weight = out.frequencies[b][u][v].item<double>();
        EXPECT_NEAR(left, kept ? before[b][0][u][v].abs().item<double>() : 0,
                    1e-9);
        EXPECT_EQ(weight == 0, kept);
        mean += weight / (kSize * kSize);
      }
    }
    // The disc has 57 of 784 frequencies: each removed one weighs 2.
    EXPECT_NEAR(mean, low_pass ? 2 * 727.0 / 784 : 2 * 57.0 / 784, 1e-9);
  }
  EXPECT_GT(low, 3);
  EXPECT_LT(low, 13);
}

TEST(FrequencyMask, AnImageIsItsLowAndItsHighPass) {
  const at::Tensor images = Images(3);
  const auto only = [&](const std::string& low_pass) {
    return Corrupt("frequency_mask { low_pass: " + low_pass + " }", images);
  };
  EXPECT_TRUE((only("0").images + only("1").images).allclose(images, 0, 1e-6));
  EXPECT_NEAR(only("0").frequencies.mean().item<double>(), 1, 1e-9);
  EXPECT_NEAR(only("1").frequencies.mean().item<double>(), 1, 1e-9);
}

TEST(FrequencyMask, TheDiscIsThePapers) {
  // The frequencies with |k| < 16 are counted row by row.
  int64_t count = 0;
  for (int y = -15; y <= 15; ++y) {
    for (int x = -15; x <= 15; ++x) count += x * x + y * y < 256 ? 1 : 0;
  }
  vit::EncoderSpec encoder = Encoder();
  encoder.set_image_size(224);
  CorruptionSpec spec;
  spec.mutable_frequency_mask()->set_low_pass(0);
  const auto mask = CorruptionPart::Create(spec, encoder);
  ASSERT_TRUE(mask.ok()) << mask.status();
  const at::Tensor images = vit::Normal({1, 1, 224, 224}, 1);
  const CorruptedImages out = (*mask)->Apply(
      images, (*mask)->Draw({/*seed=*/3, 5}, at::arange(1, at::kLong)));
  EXPECT_EQ((out.frequencies > 0).sum().item<int64_t>(), count);
}

TEST(Degradation, LeavesAConstantImage) {
  const at::Tensor grey = at::full({2, 2, kSize, kSize}, 0.7, at::kDouble);
  for (const std::string text :
       {"downsample {}", "blur {}", "blur { sigma: 30 }"}) {
    EXPECT_TRUE(Corrupt(text, grey).images.allclose(grey, 0, 1e-12)) << text;
  }
}

// Compares with the two-dimensional Gaussian, away from the edges.
TEST(Degradation, BlurIsAConvolutionWithAGaussian) {
  const at::Tensor images = Images(1),
                   out = Corrupt("blur { sigma: 1.5 }", images).images;
  for (const int64_t centre : {9, 15}) {
    double sum = 0, total = 0;
    for (int64_t y = -5; y <= 5; ++y) {
      for (int64_t x = -5; x <= 5; ++x) {
        const double g = std::exp(static_cast<double>(-x * x - y * y) / 4.5);
        total += g;
        sum += g * images[0][1][centre + y][centre + x].item<double>();
      }
    }
    EXPECT_NEAR(out[0][1][centre][centre].item<double>(), sum / total, 1e-12);
  }
}

TEST(Degradation, DownsamplingForgetsDetail) {
  const at::Tensor images = Images(4);
  const auto energy = [](const at::Tensor& x) {
    return at::fft_fft2(x)
        .abs()
        .square()
        .slice(2, 10, 18)
        .slice(3, 10, 18)
        .sum()
        .item<double>();
  };
  EXPECT_LT(energy(Corrupt("downsample { factor: 4 }", images).images),
            0.01 * energy(images));
}

TEST(Degradation, NoiseHasItsDeviation) {
  const at::Tensor images = Images(8);
  const at::Tensor noise =
      Corrupt("noise { sigma: 0.5 }", images).images - images;
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.02);
  EXPECT_NEAR(noise.std().item<double>(), 0.5, 0.02);
}

TEST(CorruptionPart, RefusesWhatIsOutOfRange) {
  const auto error = [](const std::string& text) {
    return std::string(Make(text).status().message());
  };
  using testing::StartsWith;
  EXPECT_THAT(error(""),
              StartsWith(": no part is named; write blur {} or downsample {}"));
  EXPECT_THAT(error("patch_groups { min_share: 0 }"),
              StartsWith("patch_groups.min_share: 0 is not in (0, 1]"));
  EXPECT_THAT(error("patch_groups { min_share: 0.9 }"),
              StartsWith("patch_groups.min_share: 0.9 is above "
                         "patch_groups.max_share: 0.7"));
  EXPECT_THAT(error("patch_groups { mix { noise: 2 } }"),
              StartsWith("patch_groups.mix.noise: 2 is not in [0, 1]"));
  EXPECT_THAT(error("patch_groups { mix { min_alien_share: 0.5 } }"),
              StartsWith("patch_groups.mix.min_alien_share: 0.5 is above "
                         "patch_groups.mix.max_alien_share: 0.3"));
  EXPECT_THAT(error("patch_groups { fill: ALIEN mix {} }"),
              StartsWith("patch_groups.mix: is read with fill: MIX, not with "
                         "ALIEN"));
  EXPECT_THAT(error("patch_groups { max_block: nan }"),
              StartsWith("patch_groups.max_block: nan"));
  EXPECT_THAT(error("frequency_mask { low_pass: 1.5 }"),
              StartsWith("frequency_mask.low_pass: 1.5 is not in [0, 1]"));
  EXPECT_THAT(error("frequency_mask { radius: 0 }"),
              StartsWith("frequency_mask.radius: 0 is not in"));
  EXPECT_THAT(error("frequency_mask { radius: 0.9 }"),
              StartsWith("frequency_mask.radius: 0.9 takes in all "
                         "frequencies of 28 x 28 pixels"));
  EXPECT_THAT(error("downsample { factor: 1 }"),
              StartsWith("downsample.factor: 1 is not in [2, 28]"));
  EXPECT_THAT(error("downsample { factor: 29 }"),
              StartsWith("downsample.factor: 29 is not"));
  EXPECT_THAT(error("blur { sigma: 0 }"), StartsWith("blur.sigma: 0 is not"));
  EXPECT_THAT(error("noise { sigma: -1 }"),
              StartsWith("noise.sigma: -1 is not"));
}

}  // namespace
}  // namespace caldera::ssl
