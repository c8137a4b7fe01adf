// ClusterMIM's target: the id of the k-means centre that is nearest to a patch
// (Du, Wang, Wang, On the Role of Discrete Tokenization in Visual
// Representation Learning, ICLR 2024; PKU-ML/ClusterMIM,
// main_kmeans_cpu_patch.py).
//
//   auto target = ClusterTarget::Create(spec, encoder_spec, norm_pix_loss);
//   (*target)->Learn(dataset, seed);                 // before the first step
//   at::Tensor ids = (*target)->Compute(images, nullptr).values;  // [B, N]
//
// The centres are learned once and are part of a checkpoint. Until then they
// are noise.
#ifndef CALDERA_SSL_TARGETS_CLUSTER_TARGET_H_
#define CALDERA_SSL_TARGETS_CLUSTER_TARGET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "ssl/targets/pixel_target.h"
#include "ssl/targets/target.h"
#include "ssl/targets/target.pb.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

class ClusterTarget : public Target {
 public:
  // encoder: has the sizes of images and patches. norm_pix_loss: each patch is
  // first normalised by itself. Returns InvalidArgument, whose text begins with
  // the field's path in ClusterTargetSpec, if an option is out of range.
  static absl::StatusOr<std::unique_ptr<ClusterTarget>> Create(
      const ClusterTargetSpec& spec, const vit::EncoderSpec& encoder,
      bool norm_pix_loss);

  int64_t dim() const override { return spec_.num_clusters(); }
  bool gives_ids() const override { return true; }
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
  ClusterTarget(const ClusterTargetSpec& spec, const vit::EncoderSpec& encoder,
                bool norm_pix_loss);

  ClusterTargetSpec spec_;
  int64_t image_size_;
  PixelTarget pixels_;
  std::shared_ptr<torch::nn::Module> module_;
  at::Tensor centers_;  // [K, p*p*C], the module's buffer
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_CLUSTER_TARGET_H_
