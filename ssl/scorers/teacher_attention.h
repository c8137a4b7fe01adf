#ifndef CALDERA_SSL_SCORERS_TEACHER_ATTENTION_H_
#define CALDERA_SSL_SCORERS_TEACHER_ATTENTION_H_

// MaskAlign's scores: the attention that the CLS token of a teacher's last
// block pays to each patch, the mean of its heads.
//
//   at::Tensor scores = TeacherAttention().Score(seen);  // [B, N], above 0
//
// Source: Xue et al., Stare at What You See, CVPR 2023;
// OpenDriveLab/maskalign, models_pretrain.py, forward_encoder.

#include "ssl/scorers/patch_scorer.h"

namespace caldera::ssl {

class TeacherAttention : public PatchScorer {
 public:
  bool reads_attention() const override { return true; }
  at::Tensor Score(const TeacherOutput& seen) const override {
    // From the CLS token, to all but itself.
    return seen.attention.select(2, 0).slice(2, 1).mean(1);
  }
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCORERS_TEACHER_ATTENTION_H_
