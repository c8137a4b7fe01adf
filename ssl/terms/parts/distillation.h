// The distance of DMAE's term, distillation.cc.
#ifndef CALDERA_SSL_TERMS_PARTS_DISTILLATION_H_
#define CALDERA_SSL_TERMS_PARTS_DISTILLATION_H_

#include <ATen/core/Tensor.h>

#include "ssl/terms/auxiliary.pb.h"

namespace caldera::ssl {

// Returns the scalar mean distance over all tokens of student, teacher
// [B, N, D] (or any equal shapes; D last).
//
//   at::Tensor loss = FeatureDistillation(projected, teacher,
//                                         DistillationSpec::L1,
//                                         /*normalize=*/true);
//
// L1 is mean |s - t|, SMOOTH_L1 the mean of d^2 / 2 where d = |s - t| < 1, else
// of d - 1 / 2, and COSINE the mean over tokens of 1 - cos(s, t).
//
// normalize: each token is first divided by its 2-norm (at least 1e-12), which
// changes nothing for COSINE. It is computed in float32 at least, and no
// gradient reaches the teacher. A token of zeros has cosine 0 with all tokens.
// Throws c10::Error if the shapes differ.
// Source: Bai et al., CVPR 2023, section 3 (DMAE). The paper writes the plain
// L1; its authors' code normalises both sides first, as `normalize` does.
at::Tensor FeatureDistillation(const at::Tensor& student,
                               const at::Tensor& teacher,
                               DistillationSpec::Distance distance,
                               bool normalize);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_PARTS_DISTILLATION_H_
