// ClusterMIM's target: the id of the k-means centre that is nearest to a patch
// (Du, Wang, Wang, On the Role of Discrete Tokenization in Visual
// Representation Learning, ICLR 2024; PKU-ML/ClusterMIM,
// main_kmeans_cpu_patch.py).
//
// The centres are learned once and are part of a checkpoint. Until then they
// are noise.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/random_stream.h"
#include "base/status.h"
#include "data/augment/normalize.h"
#include "data/loader/loader.h"
#include "ssl/masking/uniform_noise.h"
#include "ssl/targets/k_means.h"
#include "ssl/targets/parts/pixels.h"
#include "ssl/targets/target.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kPatchesOfAnImage = 32;
constexpr int64_t kBatch = 64;

// Returns patches drawn at random for each image: [B, N, T] ->
// [B * min(N, 32), T].
at::Tensor Some(const at::Tensor& patches, const at::Tensor& index,
                uint64_t seed) {
  const int64_t n = patches.size(1);
  if (n <= kPatchesOfAnImage) return patches.flatten(0, 1);
  const at::Tensor ids =  // [B, 32]
      at::argsort(UniformNoise({seed, 0}, "mask", index, {n}), /*stable=*/true,
                  /*dim=*/1)
          .slice(1, 0, kPatchesOfAnImage);
  return patches.gather(1, ids.unsqueeze(-1).expand({-1, -1, patches.size(2)}))
      .flatten(0, 1);
}

class ClusterTarget : public Target {
 public:
  ClusterTarget(const ClusterTargetSpec& spec, const TargetOptions& options)
      : spec_(spec),
        image_size_(options.encoder.image_size()),
        pixels_(options.encoder.patch_size(), options.encoder.channels(),
                options.norm_pix_loss) {}

  int64_t dim() const override { return spec_.num_clusters(); }
  bool gives_ids() const override { return true; }
  void Build(uint64_t seed) override;
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* teacher) const override;
  // Clusters patches of the set's images, not augmented, as in evaluation: up
  // to 32 of each image, so that a large grid costs no more. Returns the errors
  // of reading the images.
  absl::Status Learn(const std::shared_ptr<const data::Dataset>& dataset,
                     uint64_t seed) override;
  std::shared_ptr<torch::nn::Module> module() const override { return module_; }
  vit::Cost CostOf(int64_t images, int64_t patches) const override;
  // Returns the centre of the most probable id.
  std::optional<at::Tensor> ToImages(const at::Tensor& prediction,
                                     const at::Tensor& images) const override;

 private:
  ClusterTargetSpec spec_;
  int64_t image_size_;
  PixelTarget pixels_;
  std::shared_ptr<torch::nn::Module> module_;
  at::Tensor centers_;  // [K, p*p*C], the module's buffer
};

void ClusterTarget::Build(uint64_t /*seed*/) {
  at::Tensor noise = at::empty({spec_.num_clusters(), pixels_.dim()});
  base::RandomStream stream(/*seed=*/0, "clusters", /*step=*/0, /*sample=*/0);
  auto* values = noise.data_ptr<float>();
  for (int64_t i = 0; i < noise.numel(); ++i) {
    values[i] = static_cast<float>(stream.Normal());
  }
  module_ = std::make_shared<torch::nn::Module>("clusters");
  centers_ = module_->register_buffer("centers", noise);
}

TargetOutput ClusterTarget::Compute(const at::Tensor& images,
                                    const TeacherOutput* /*teacher*/) const {
  const at::NoGradGuard no_grad;
  return {NearestCenter(pixels_.Compute(images, nullptr).values, centers_), {}};
}

absl::Status ClusterTarget::Learn(
    const std::shared_ptr<const data::Dataset>& dataset, uint64_t seed) {
  data::LoaderOptions options;
  options.seed = seed;
  options.image_size = image_size_;
  options.batch_size = std::min(kBatch, dataset->size());
  options.shuffle = true;
  options.workers = 0;
  options.on_bad_image = data::LoaderSpec::SKIP;
  ASSIGN_OR_RETURN(const auto loader, data::Loader::Create(dataset, options));
  const int64_t wanted = std::min<int64_t>(spec_.images(), dataset->size());
  std::vector<at::Tensor> patches;
  for (int64_t count = 0; count < wanted;) {
    ASSIGN_OR_RETURN(const data::Batch batch, loader->Next());
    const int64_t taken =
        std::min<int64_t>(wanted - count, batch.index.size(0));
    const at::Tensor images =
        data::Normalize(batch.views[0], dataset->info().mean,
                        dataset->info().std)
            .slice(0, 0, taken);  // [b, C, H, W]
    patches.push_back(Some(pixels_.Compute(images, nullptr).values,
                           batch.index.slice(0, 0, taken), seed));
    count += taken;
  }
  const at::NoGradGuard no_grad;
  centers_.copy_(KMeans(at::cat(patches),
                        {spec_.num_clusters(), spec_.iterations()}, seed));
  return absl::OkStatus();
}

vit::Cost ClusterTarget::CostOf(int64_t images, int64_t patches) const {
  return vit::ProductCost(images * patches, pixels_.dim(), dim())
      .WithoutGradient();
}

std::optional<at::Tensor> ClusterTarget::ToImages(
    const at::Tensor& prediction, const at::Tensor& images) const {
  const at::Tensor ids = at::argmax(prediction, -1);  // [B, N]
  const at::Tensor patches = centers_.index_select(0, ids.flatten())
                                 .view({ids.size(0), ids.size(1), -1});
  return pixels_.ToImages(patches, images);
}

const bool kClusters = TargetPart::Register<ClusterTargetSpec>(
    {"clusters", "The id of the k-means centre of a patch (ClusterMIM)."},
    [](const ClusterTargetSpec& spec, const TargetOptions& options) {
      return std::make_unique<ClusterTarget>(spec, options);
    });

}  // namespace
}  // namespace caldera::ssl
