// OCL's loss: one part of an image must recognise another part of it, which
// shows other patches, among the images of the batch.
//
//   at::Tensor loss = OccludedContrast(z1, z2, /*kappa=*/2,
//   /*temperature=*/0.2);
#ifndef CALDERA_SSL_TERMS_PARTS_OCCLUDED_CONTRAST_H_
#define CALDERA_SSL_TERMS_PARTS_OCCLUDED_CONTRAST_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// Returns the mean of both directions' cross-entropies for z1, z2 [B, D], the
// projections of two parts of the same B >= 2 images, not yet normalised:
//   -1/2 mean_i log(exp(s_ii / T) / sum_j exp(s_ij / T)),  and with s_ji
// where the similarity is that of the t-distribution on the sphere (Kobayashi,
// CVPR 2021), s = (1 + cos) / (1 + kappa (1 - cos)) - 1; kappa = 0:
// the cosine. The larger kappa, the less do rows count that are far apart.
at::Tensor OccludedContrast(const at::Tensor& z1, const at::Tensor& z2,
                            double kappa, double temperature);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_PARTS_OCCLUDED_CONTRAST_H_
