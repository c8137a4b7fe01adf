#ifndef CALDERA_SSL_SCORERS_PATCH_SCORER_H_
#define CALDERA_SSL_SCORERS_PATCH_SCORER_H_

// The seam for what ranks an image's patches, for maskings that read scores.
//
//   at::Tensor scores = scorer.Score(teacher.Look(images, request));  // [B, N]
//   mask = sampler.Finish(draws, scores, num_kept);
//
// To add one: a message in scorer.proto, a class in its own file, a case in
// make_patch_scorer.cc.

#include <ATen/core/Tensor.h>

#include "ssl/teachers/teacher.h"

namespace caldera::ssl {

class PatchScorer {
 public:
  virtual ~PatchScorer() = default;

  // Whether Score reads the attention of the teacher's last block.
  virtual bool reads_attention() const { return false; }
  // seen: what the teacher saw of the whole images. Float [B, N], in image
  // order, on its device and without gradient.
  virtual at::Tensor Score(const TeacherOutput& seen) const = 0;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCORERS_PATCH_SCORER_H_
