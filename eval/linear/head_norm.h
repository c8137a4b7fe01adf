// The BatchNorm1d without affine before linear heads (eps 1e-6, momentum 0.1)
// of MAE's probe. The heads that read one feature share it.
//
//   HeadNorm norm(192, /*enabled=*/true, at::kFloat);
//   at::Tensor x = norm.Train(features);     // with the batch's statistics
//   at::Tensor y = norm.Evaluate(features);  // with the running statistics
//
// Source: facebookresearch/mae, main_linprobe.py.
#ifndef CALDERA_EVAL_LINEAR_HEAD_NORM_H_
#define CALDERA_EVAL_LINEAR_HEAD_NORM_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/TensorOptions.h>

#include <cstdint>

namespace caldera::eval {

class HeadNorm {
 public:
  // enabled: false leaves features as they are.
  HeadNorm(int64_t width, bool enabled, const at::TensorOptions& place)
      : enabled_(enabled),
        running_mean_(at::zeros({width}, place)),
        running_var_(at::ones({width}, place)) {}

  // Normalises [B, D] -> [B, D]; B >= 2 where enabled. Differentiable.
  at::Tensor Train(const at::Tensor& features) const {
    return Normalize(features, /*training=*/true);
  }
  at::Tensor Evaluate(const at::Tensor& features) const {
    return Normalize(features, /*training=*/false);
  }

 private:
  at::Tensor Normalize(const at::Tensor& features, bool training) const {
    if (!enabled_) return features;
    return at::batch_norm(features, {}, {}, running_mean_, running_var_,
                          training, /*momentum=*/0.1, /*eps=*/1e-6,
                          /*cudnn_enabled=*/false);
  }

  bool enabled_;
  at::Tensor running_mean_, running_var_;  // [D]
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_HEAD_NORM_H_
