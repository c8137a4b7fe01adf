#ifndef CALDERA_SSL_LOSSES_FEATURE_DISTILLATION_H_
#define CALDERA_SSL_LOSSES_FEATURE_DISTILLATION_H_

// How far a student's token features are from a teacher's.
//
//   at::Tensor loss = FeatureDistillation(projected, teacher,
//                                         DistillationKind::kL1,
//                                         /*normalize=*/true);
//
// The DMAE paper writes the plain L1; its authors' code normalises both sides
// first, which `normalize` does.

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

enum class DistillationKind {
  kL1,        // mean |s - t|
  kSmoothL1,  // mean of d^2 / 2 where d = |s - t| < 1, else of d - 1 / 2
  kCosine,    // mean over tokens of 1 - cos(s, t)
};

// student, teacher [B, N, D] (or any equal shapes; D last) -> scalar, a mean
// over all tokens. normalize: each token is divided by its 2-norm (at least
// 1e-12) first; it changes nothing for kCosine. Computed in float32 at least;
// no gradient reaches the teacher. A token of zeros has cosine 0 with all.
// Throws c10::Error where the shapes differ.
// Source: Bai et al., CVPR 2023, section 3 (DMAE).
at::Tensor FeatureDistillation(const at::Tensor& student,
                               const at::Tensor& teacher, DistillationKind kind,
                               bool normalize);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_FEATURE_DISTILLATION_H_
