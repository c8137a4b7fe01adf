// The components of a masked autoencoder, which fit together, and what they add
// up to: state and cost.
//
//   absl::StatusOr<MaeComponents> components =
//       MakeComponents(spec, encoder);  // masked_autoencoder_plan.cc
//   int64_t masks = components->masking->num_masks();  // per image
#ifndef CALDERA_SSL_MAE_MAE_COMPONENTS_H_
#define CALDERA_SSL_MAE_MAE_COMPONENTS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "ssl/corruption/corruption.h"
#include "ssl/experiment/methods.pb.h"
#include "ssl/losses/reconstruction_loss.h"
#include "ssl/mae/masked_teacher.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/scorers/patch_scorer.h"
#include "ssl/targets/target.h"
#include "ssl/teachers/teacher.h"
#include "ssl/terms/component_cost.h"
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/encoder.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct MaeComponents {
  MaeSpec spec;
  std::unique_ptr<MaskSampler> masking;    // unused if there is a corruption
  std::unique_ptr<Corruption> corruption;  // null: images stay unchanged
  std::unique_ptr<Target> target;
  std::unique_ptr<ReconstructionLoss> loss;
  std::unique_ptr<PatchScorer> scorer;  // null: masks read no scores
  std::unique_ptr<vit::DecoderPlan> decoder_plan;
  std::unique_ptr<TeacherPlan>
      teacher_plan;  // null: no teacher, or it is built
  // every_patch: the encoder reads all patches of an image, of which none is
  // removed. memory: 0, or the tokens of another view that the decoder reads.
  vit::DecoderSizes decoder_sizes;
  // Built last; below, they are there.
  std::shared_ptr<vit::Encoder> encoder;
  std::shared_ptr<vit::Decoder> decoder;  // null: it predicts nothing
  MaskedTeacher teacher;

  // Returns Method::NamedState.
  vit::StateDict NamedState() const;
  // Return Method::Costs and Method::SizesFor for a step whose masks keep
  // `num_visible` patches.
  std::vector<ComponentCost> Costs(int64_t batch, int64_t num_visible) const;
  ContextSizes SizesFor(int64_t batch, int64_t num_visible) const;

 private:
  // Returns the number of patches whose tokens the encoder returns.
  int64_t NumEncoded(int64_t num_visible) const {
    return decoder_sizes.every_patch ? encoder->num_patches() : num_visible;
  }
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MAE_COMPONENTS_H_
