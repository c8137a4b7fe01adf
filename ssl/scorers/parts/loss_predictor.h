// The ranking loss of HPM's scorer, loss_predictor.cc.
//
//   at::Tensor loss = RankingLoss(scores, patch_losses);
#ifndef CALDERA_SSL_SCORERS_PARTS_LOSS_PREDICTOR_H_
#define CALDERA_SSL_SCORERS_PARTS_LOSS_PREDICTOR_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// Returns the mean of -log sigmoid(s_i - s_j) over the pairs of an image with
// l_i > l_j, and over images, for scores, losses [B, M]; an image whose losses
// are all equal has 0. Only the scores receive a gradient.
at::Tensor RankingLoss(const at::Tensor& scores, const at::Tensor& losses);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCORERS_PARTS_LOSS_PREDICTOR_H_
