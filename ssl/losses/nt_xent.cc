#include "ssl/losses/nt_xent.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>

#include <limits>

namespace caldera::ssl {

at::Tensor NtXent(const at::Tensor& z1, const at::Tensor& z2,
                  double temperature, const std::optional<at::Tensor>& ids) {
  TORCH_CHECK(z1.dim() == 2 && z1.sizes() == z2.sizes(),
              "NtXent: both views must be [B, D], are ", z1.sizes(), " and ",
              z2.sizes());
  TORCH_CHECK(z1.size(0) >= 2, "NtXent: needs at least 2 images, got ",
              z1.size(0));
  TORCH_CHECK(temperature > 0, "NtXent: the temperature must be above 0, is ",
              temperature);
  const int64_t batch = z1.size(0);
  TORCH_CHECK(!ids.has_value() || (ids->dim() == 1 && ids->size(0) == batch),
              "NtXent: ids must be [", batch, "]");
  constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

  at::Tensor z = at::cat({z1, z2});  // [2B, D]
  if (z.scalar_type() != at::kDouble) z = z.to(at::kFloat);
  const at::Tensor norm =
      at::linalg_vector_norm(z, 2, at::IntArrayRef{1}, /*keepdim=*/true);
  z = z / norm.clamp_min(1e-12);

  const at::Tensor image =
      ids.has_value() ? ids->to(z.device())
                      : at::arange(batch, z.options().dtype(at::kLong));
  const at::Tensor id = at::cat({image, image});  // [2B]
  const at::Tensor self =
      at::eye(2 * batch, z.options().dtype(at::kBool));  // [2B, 2B]
  const at::Tensor not_positive =
      id.unsqueeze(0).ne(id.unsqueeze(1)).logical_or(self);

  const at::Tensor others =
      (at::matmul(z, z.t()) / temperature).masked_fill(self, kMinusInfinity);
  const at::Tensor positives = others.masked_fill(not_positive, kMinusInfinity);
  // No row is all -infinity: the other view is always among the positives.
  return (at::logsumexp(others, 1) - at::logsumexp(positives, 1)).mean();
}

}  // namespace caldera::ssl
