// Tests the ids of patches, and that centres are learned once.
#include <ATen/TensorOperators.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/stack.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/augment/normalize.h"
#include "ssl/specs/noise_dataset_testing.h"
#include "ssl/targets/k_means.h"
#include "ssl/targets/parts/pixels.h"
#include "ssl/targets/target.h"
#include "vit/module_testing.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kClusters = 6;

TargetOptions Options(bool norm_pix_loss) {
  TargetOptions options;
  options.encoder.set_image_size(8);
  options.encoder.set_patch_size(4);
  options.encoder.set_channels(1);
  options.norm_pix_loss = norm_pix_loss;
  return options;
}

TargetSpec Clusters() {
  TargetSpec spec;
  spec.mutable_clusters()->set_num_clusters(kClusters);
  return spec;
}

at::Tensor Centers(const Target& target) {
  return vit::GetStateDict(*target.module()).at("centers");
}

TEST(ClusterTarget, IdsAreTheNearestCentresOfThePatches) {
  const at::Tensor images = vit::Normal({3, 1, 8, 8}, 1).to(at::kFloat);
  for (const bool norm : {false, true}) {
    const auto target = TargetPart::Create(Clusters(), Options(norm));
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_TRUE((*target)->gives_ids());
    EXPECT_EQ((*target)->dim(), kClusters);
    EXPECT_EQ((*target)->module(), nullptr);
    (*target)->Build(0);
    const at::Tensor ids = (*target)->Compute(images, nullptr).values;
    const at::Tensor patches = PatchPixels(images, 4, norm);  // [3, 4, 16]
    const at::Tensor centers = Centers(**target);
    ASSERT_EQ(ids.sizes(), (at::IntArrayRef{3, 4}));
    for (int64_t b = 0; b < 3; ++b) {
      for (int64_t n = 0; n < 4; ++n) {
        const at::Tensor distance =
            (centers - patches[b][n]).square().sum(1);  // [K]
        EXPECT_EQ(ids[b][n].item<int64_t>(), distance.argmin().item<int64_t>());
      }
    }
    // A prediction becomes the centre of its likeliest id.
    const at::Tensor sure = at::one_hot(ids, kClusters).to(at::kFloat);
    const auto shown = (*target)->ToImages(sure, images);
    ASSERT_TRUE(shown.has_value());
    const at::Tensor expected =
        centers.index_select(0, ids.flatten()).view({3, 4, 16});
    const at::Tensor mean = PatchPixels(images, 4, false).mean(-1, true);
    const at::Tensor deviation =
        (PatchPixels(images, 4, false).var(-1, true, true) + 1e-6).sqrt();
    EXPECT_TRUE(PatchPixels(*shown, 4, false)
                    .allclose(norm ? expected * deviation + mean : expected,
                              1e-5, 1e-5));
  }
}

TEST(ClusterTarget, LearnsItsCentresFromTheImagesAsTheyAre) {
  const auto dataset = std::make_shared<NoiseDataset>(70, 1, 8);
  const auto learned = [&](int images, uint64_t seed) {
    TargetSpec spec = Clusters();
    spec.mutable_clusters()->set_images(images);
    spec.mutable_clusters()->set_iterations(1000);
    auto target = TargetPart::Create(spec, Options(false));
    (*target)->Build(seed);
    EXPECT_TRUE((*target)->Learn(dataset, seed).ok());
    return Centers(**target).clone();
  };
  const at::Tensor all = learned(4096, 1);
  EXPECT_TRUE(all.equal(learned(70, 1)));
  EXPECT_FALSE(all.equal(learned(69, 1)));
  EXPECT_FALSE(all.equal(learned(70, 2)));
  // Each centre is the mean of the patches that are nearest to it.
  std::vector<at::Tensor> images;
  for (int64_t i = 0; i < 70; ++i) images.push_back(*dataset->Image(i));
  const data::DatasetInfo& info = dataset->info();
  const at::Tensor patches =
      PatchPixels(data::Normalize(at::stack(images), info.mean, info.std), 4,
                  false)
          .flatten(0, 1);  // [280, 16]
  const at::Tensor ids = NearestCenter(patches, all);
  for (int64_t k = 0; k < kClusters; ++k) {
    EXPECT_TRUE(patches.index_select(0, ids.eq(k).nonzero().flatten())
                    .mean(0)
                    .allclose(all[k], 0, 1e-4));
  }
}

TEST(ClusterTarget, RefusesNumbersWithoutMeaning) {
  const auto error = [](const TargetSpec& spec) {
    return std::string(
        TargetPart::Create(spec, Options(true)).status().message());
  };
  TargetSpec spec;
  spec.mutable_clusters()->set_num_clusters(1);
  EXPECT_THAT(error(spec),
              testing::StartsWith("clusters.num_clusters: 1 is not in [2, "));
  spec = Clusters();
  spec.mutable_clusters()->set_images(0);
  EXPECT_THAT(error(spec), testing::StartsWith("clusters.images: 0"));
  spec = Clusters();
  spec.mutable_clusters()->set_iterations(0);
  EXPECT_THAT(error(spec), testing::StartsWith("clusters.iterations: 0"));
}

}  // namespace
}  // namespace caldera::ssl
