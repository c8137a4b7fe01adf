// The interface of scorers, which rank an image's patches for maskings that
// read scores.
//
//   auto scorer = PatchScorerPart::Create(spec.mae().scorer(), options);
//   (*scorer)->Build(seed);
//   at::Tensor scores =  // [B, N]
//       (*scorer)->Score(teacher.Forward(images, request));
//   mask = sampler.Finish(draws, scores, num_kept);
//
// A scorer may learn: it then has parameters, and a term of its own in the
// method's loss.
//
// A new scorer is one file of ssl/scorers/parts
// (docs/adding-a-loss-or-mask.md).
#ifndef CALDERA_SSL_SCORERS_PATCH_SCORER_H_
#define CALDERA_SSL_SCORERS_PATCH_SCORER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/part.h"
#include "ssl/masking/mask.h"
#include "ssl/schedule/run_position.h"
#include "ssl/schedule/schedule.pb.h"
#include "ssl/scorers/scorer.pb.h"
#include "ssl/teachers/teacher.h"
#include "vit/decoders/decoder.h"
#include "vit/model/cost.h"
#include "vit/vit.pb.h"

namespace torch::nn {
class Module;
}

namespace caldera::ssl {

struct ScorerTerm {
  std::string name;
  at::Tensor value;  // scalar, a mean over images
  double weight = 1;
  // [B*K, Nm]: the scores that are compared with the losses, for
  // StepContext::patch_score.
  at::Tensor scores;
};

class PatchScorer {
 public:
  virtual ~PatchScorer() = default;

  // Allocates what module() holds and initialises the weights from `seed`.
  // Called once, before Score, Learn and module.
  virtual void Build(uint64_t /*seed*/) {}

  // True if Score reads the attention of the teacher's last block.
  virtual bool reads_attention() const { return false; }
  // Returns the scores, float [B, N], in image order, on the teacher's device
  // and without gradient. teacher: its output for the full images.
  virtual at::Tensor Score(const TeacherOutput& teacher) const = 0;

  // Returns a term that trains the scorer, from the student's latents
  // [B*K, 1 + Nv, D] and its loss on each removed patch [B*K, Nm], in the order
  // of mask.ids_remove; none if there is nothing to learn.
  virtual std::optional<ScorerTerm> Learn(
      const at::Tensor& /*latent*/, const Mask& /*mask*/,
      const at::Tensor& /*patch_loss*/) const {
    return std::nullopt;
  }
  // True if Learn fills ScorerTerm::scores.
  virtual bool predicts_losses() const { return false; }
  // Returns its own parameters and buffers; null: none.
  virtual std::shared_ptr<torch::nn::Module> module() const { return nullptr; }
  // Called after the weights of step `at` were updated.
  virtual void AfterOptimizerStep(const RunPosition& /*at*/) {}
  // Returns the cost of Score and Learn for `images` images of one mask each.
  virtual vit::Cost CostOf(int64_t /*images*/, int64_t /*num_visible*/) const {
    return {};
  }
};

// What a scorer is made for.
struct ScorerOptions {
  // True if there is a teacher that reads the full image.
  bool teacher_reads_full_image = false;
  // m of the teacher over the run, if it is a moving average of the student.
  std::optional<Schedule> teacher_momentum;
  // The method's decoder, for scorers that have a similar one; its target_dim
  // is not theirs.
  vit::DecoderSpec decoder;
  vit::DecoderSizes sizes;
  bool teacher_has_class_token = true;
};

using PatchScorerPart =
    base::PartKind<PatchScorerSpec, PatchScorer, ScorerOptions>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCORERS_PATCH_SCORER_H_
