// MaskAlign's term: learned mixtures of the student's blocks, projected, must
// match the tokens of a teacher's last blocks, token by token, including the
// CLS token.
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
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <ATen/ops/stack.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {
namespace {

class LayerAlignmentHeads : public torch::nn::Module {
 public:
  // blocks: how many of the teacher's last blocks are aligned.
  LayerAlignmentHeads(int64_t blocks, int64_t depth, int64_t teacher_depth,
                      int64_t from, int64_t to, uint64_t seed) {
    mix = register_parameter("mix", at::empty({blocks, depth}));
    auto list = register_module("heads", torch::nn::ModuleList());
    for (int64_t i = 0; i < blocks; ++i) {
      heads.push_back(std::make_shared<vit::Linear>(from, to));
      list->push_back(heads.back());
    }
    vit::InitializeVit(*this, seed);
    const at::NoGradGuard no_grad;
    if (depth == teacher_depth) {
      mix.fill_(0.01);
      mix.diagonal(depth - blocks).add_(1);
    } else {
      mix.fill_(1 / static_cast<double>(depth));
    }
  }

  at::Tensor mix;  // [blocks, depth]
  std::vector<std::shared_ptr<vit::Linear>> heads;
};

class LayerAlignmentLoss : public AuxiliaryLoss {
 public:
  LayerAlignmentLoss(const LayerAlignmentSpec& spec, const ModelSizes& sizes)
      : spec_(spec),
        depth_(sizes.encoder.depth()),
        width_(sizes.encoder.embed_dim()),
        teacher_depth_(sizes.teacher->depth()),
        teacher_width_(sizes.teacher->embed_dim()) {}

  std::string name() const override { return "layer_alignment"; }
  ContextRequest request() const override;
  void Build(uint64_t seed, const magma::Exchange& /*exchange*/) override {
    heads_ = std::make_shared<LayerAlignmentHeads>(
        spec_.teacher_blocks(), depth_, teacher_depth_, width_, teacher_width_,
        seed);
  }
  // Returns 2 times the smooth L1, averaged over the teacher's blocks, tokens
  // and features.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;
  // The module holds mix [teacher_blocks, student's depth], and heads.
  std::shared_ptr<torch::nn::Module> module() const override { return heads_; }

 private:
  LayerAlignmentSpec spec_;
  int64_t depth_, width_, teacher_depth_, teacher_width_;
  std::shared_ptr<LayerAlignmentHeads> heads_;
};

ContextRequest LayerAlignmentLoss::request() const {
  ContextRequest request;
  for (int64_t i = 0; i < depth_; ++i) request.tap_tokens.insert(i);
  for (int64_t i = 1; i <= spec_.teacher_blocks(); ++i) {
    request.teacher_taps.insert(teacher_depth_ - i);
  }
  request.mask = true;
  return request;
}

AuxiliaryOutput LayerAlignmentLoss::Compute(const StepContext& context,
                                            bool /*with_diagnostics*/) {
  std::vector<at::Tensor> blocks;
  for (const auto& [block, tokens] : context.tap_tokens) {
    if (block < depth_) blocks.push_back(tokens);  // [B, P + Nv, D]
  }
  const at::Tensor first = blocks[0];
  // The CLS token is compared if both have one.
  const int64_t shared = std::min(context.prefix, context.teacher_prefix);
  const at::Tensor mixed =
      at::mm(heads_->mix, at::stack(blocks).flatten(1))  // [T, B (P + Nv) D]
          .unflatten(1, first.sizes());
  const int64_t count = spec_.teacher_blocks();
  at::Tensor sum;
  for (int64_t i = 0; i < count; ++i) {
    at::Tensor teacher = AtLeastFloat32(
        context.teacher_taps.at(teacher_depth_ - count + i).detach());
    teacher = at::cat({teacher.slice(1, 0, shared),
                       vit::GatherRows(teacher.slice(1, context.teacher_prefix),
                                       context.mask.ids_keep)},
                      1);  // [B, shared + Nv, Dt]
    if (spec_.layer_norm()) {
      teacher = at::layer_norm(teacher, {teacher_width_});
    }
    const at::Tensor student = AtLeastFloat32(heads_->heads[i]->forward(
        mixed.select(0, i).slice(1, context.prefix - shared)));
    const at::Tensor distance =
        at::smooth_l1_loss(student, teacher, at::Reduction::Mean, spec_.beta());
    sum = i == 0 ? distance : sum + distance;
  }
  return {sum * (2 / static_cast<double>(count)), {}, {}};
}

vit::Cost LayerAlignmentLoss::CostOf(const ContextSizes& sizes,
                                     bool with_gradient) const {
  const int64_t tokens = sizes.rows * sizes.tokens;
  const int64_t count = spec_.teacher_blocks();
  vit::Cost cost =
      vit::ProductCost(count, depth_, tokens * sizes.width) +
      vit::ProductCost(tokens, sizes.width, teacher_width_) * count;
  // The stacked blocks, the mixtures and both sides of the distance are kept.
  cost.activations = tokens * (depth_ * sizes.width +
                               count * (sizes.width + 2 * teacher_width_));
  return with_gradient ? cost : cost.WithoutGradient();
}

const bool kLayerAlignment = AuxiliaryLossPart::Register<LayerAlignmentSpec>(
    {"layer_alignment", "Mixtures of blocks match a teacher's (MaskAlign)."},
    [](const LayerAlignmentSpec& spec,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (!sizes.teacher.has_value() ||
          sizes.teacher_input != ModelSizes::TeacherInput::kWhole) {
        return absl::InvalidArgumentError(
            ": needs a teacher that reads the full image; write mae { teacher "
            "{ input: WHOLE frozen { encoder: \"...\" } } }");
      }
      const int depth = sizes.teacher->depth();
      RETURN_IF_ERROR(
          base::FieldCheck()
              .InRange("teacher_blocks", spec.teacher_blocks(), 1, depth,
                       absl::StrCat("mae.teacher has ", depth, " blocks"))
              .status());
      return std::make_unique<LayerAlignmentLoss>(spec, sizes);
    });

}  // namespace
}  // namespace caldera::ssl
