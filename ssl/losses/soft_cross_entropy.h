// Cross-entropy against class probabilities, and label smoothing, which turns
// labels into such probabilities.
//
//   at::Tensor targets = SmoothLabels(labels, /*num_classes=*/10, 0.1);
//   at::Tensor loss = SoftCrossEntropy(logits, targets);
#ifndef CALDERA_SSL_LOSSES_SOFT_CROSS_ENTROPY_H_
#define CALDERA_SSL_LOSSES_SOFT_CROSS_ENTROPY_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

// Returns float32 [B, num_classes] for labels int64 [B] in [0, num_classes), on
// the same device: 1 - smoothing for the label's class, plus
// smoothing / num_classes for every class, that one included. Rows sum to 1.
// Source: Szegedy et al., CVPR 2016, section 7; timm's mixup_target.
at::Tensor SmoothLabels(const at::Tensor& labels, int64_t num_classes,
                        double smoothing);

// Returns the scalar
//   -mean_b sum_k targets_bk log softmax(logits_b)_k
// of logits [B, K] and targets [B, K], whose rows sum to 1. It is computed in
// float32 at least. Throws c10::Error if the shapes differ.
// Source: timm, SoftTargetCrossEntropy.
at::Tensor SoftCrossEntropy(const at::Tensor& logits,
                            const at::Tensor& targets);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_SOFT_CROSS_ENTROPY_H_
