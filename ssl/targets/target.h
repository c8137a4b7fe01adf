// The interface of prediction targets.
//
//   auto target = TargetPart::Create(spec.mae().target(), options);
//   (*target)->Build(seed);
//   TargetOutput out = (*target)->Compute(images, teacher_output);
//   loss.Compute(prediction, out.values, weight);
//
// A new target is one file of ssl/targets/parts
// (docs/adding-a-loss-or-mask.md).
#ifndef CALDERA_SSL_TARGETS_TARGET_H_
#define CALDERA_SSL_TARGETS_TARGET_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>

#include "absl/status/status.h"
#include "base/part.h"
#include "data/sets/dataset.h"
#include "ssl/targets/target.pb.h"
#include "ssl/teachers/teacher.h"
#include "vit/model/cost.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

struct TargetOutput {
  at::Tensor values;  // [B, N, T], or ids int64 [B, N]; image order
  at::Tensor weight;  // [B, N], times the mask's weight; undefined: all 1
};

class Target {
 public:
  virtual ~Target() = default;

  // Returns T, the numbers that a decoder predicts for a patch.
  virtual int64_t dim() const = 0;
  // True if the values are ids, in [0, T).
  virtual bool gives_ids() const { return false; }

  // Allocates what module() holds. Called once, before all functions below.
  virtual void Build(uint64_t /*seed*/) {}

  // Returns the targets of images [B, C, H, W]. teacher: its output for the
  // full images, or null if the method has no teacher.
  virtual TargetOutput Compute(const at::Tensor& images,
                               const TeacherOutput* teacher) const = 0;

  // Learns from the training set before the first step of a run. The result is
  // a pure function of the set and the seed.
  virtual absl::Status Learn(
      const std::shared_ptr<const data::Dataset>& /*dataset*/,
      uint64_t /*seed*/) {
    return absl::OkStatus();
  }
  // Returns the buffers that a checkpoint must hold; null: none.
  virtual std::shared_ptr<torch::nn::Module> module() const { return nullptr; }

  // Returns the cost of Compute for `images` images of `patches` patches.
  virtual vit::Cost CostOf(int64_t /*images*/, int64_t /*patches*/) const {
    return {};
  }

  // Say if Compute reads the teacher, and which of its blocks.
  virtual bool reads_teacher() const { return false; }
  virtual std::set<int64_t> teacher_taps() const { return {}; }

  // Converts a prediction [B, N, T] to pixels [B, C, H, W], for pictures;
  // returns nothing if the target cannot be shown as pixels.
  virtual std::optional<at::Tensor> ToImages(
      const at::Tensor& /*prediction*/, const at::Tensor& /*images*/) const {
    return std::nullopt;
  }
};

// What a target is made for.
struct TargetOptions {
  vit::EncoderSpec encoder;                 // the student's
  std::optional<vit::EncoderSpec> teacher;  // none: the method has no teacher
  // True if the teacher reads the full image.
  bool teacher_reads_full_image = false;
  bool norm_pix_loss = true;
};

using TargetPart = base::PartKind<TargetSpec, Target, TargetOptions>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_TARGET_H_
