// MaskAlign's term: learned mixtures of the student's blocks, projected, must
// match the tokens of a teacher's last blocks, token by token, including the
// CLS token.
//
//   auto loss = LayerAlignmentLoss::Create(spec, sizes, seed);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// The teacher reads the full image, the student the visible patches, which are
// compared. If student and teacher have the same depth, each mixture begins as
// the block of the same number plus 0.01 of all blocks; else it begins as the
// mean of the blocks.
//
// Source: Xue et al., Stare at What You See: Masked Image Modeling without
// Reconstruction, CVPR 2023; OpenDriveLab/maskalign, models_pretrain.py, with
// the options of their README (a linear head for each block, smooth L1 times 2,
// top 5). The mean of the blocks is their fusion_type "sum", for any depths.
#ifndef CALDERA_SSL_TERMS_LAYER_ALIGNMENT_LOSS_H_
#define CALDERA_SSL_TERMS_LAYER_ALIGNMENT_LOSS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

class LayerAlignmentHeads;

class LayerAlignmentLoss : public AuxiliaryLoss {
 public:
  // seed: initialises the heads' weights. Returns InvalidArgument, beginning
  // with "layer_alignment", if no teacher reads the full image or an option
  // does not fit the teacher.
  static absl::StatusOr<std::unique_ptr<LayerAlignmentLoss>> Create(
      const LayerAlignmentSpec& spec, const ModelSizes& sizes, uint64_t seed);

  std::string name() const override { return "layer_alignment"; }
  ContextRequest request() const override;
  // Returns 2 times the smooth L1, averaged over the teacher's blocks, tokens
  // and features.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;
  // The module holds mix [teacher_blocks, student's depth], and heads.
  std::shared_ptr<torch::nn::Module> module() const override;

 private:
  LayerAlignmentLoss(const LayerAlignmentSpec& spec, const ModelSizes& sizes)
      : spec_(spec),
        depth_(sizes.encoder.depth()),
        teacher_depth_(sizes.teacher->depth()),
        teacher_width_(sizes.teacher->embed_dim()) {}

  LayerAlignmentSpec spec_;
  int64_t depth_, teacher_depth_, teacher_width_;
  std::shared_ptr<LayerAlignmentHeads> heads_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_LAYER_ALIGNMENT_LOSS_H_
