#include "vit/ops/rotary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "vit/ops/gather_rows.h"

namespace caldera::vit {

Rotation Rotation::From(int64_t first) const {
  if (!defined() || first == 0) return *this;
  return {cos.slice(1, first), sin.slice(1, first)};
}

Rotation Rotation::Pick(const at::Tensor& ids) const {
  if (!defined()) return *this;
  return {GatherRows(cos, ids), GatherRows(sin, ids)};
}

Rotation Rotation::Pad(int64_t before, int64_t behind) const {
  const int64_t b = cos.size(0), d = cos.size(2);
  const auto options = cos.options();
  return {at::cat({at::ones({b, before, d}, options), cos,
                   at::ones({b, behind, d}, options)},
                  1),
          at::cat({at::zeros({b, before, d}, options), sin,
                   at::zeros({b, behind, d}, options)},
                  1)};
}

Rotation GridRotation(const Grid& grid, int64_t head_dim, double theta,
                      const at::Tensor& like) {
  const auto type =
      like.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto options = like.options().dtype(type);
  const auto coordinates = [&](int64_t side) {  // [side], in (-1, 1)
    return (at::arange(side, options) + 0.5) * (2.0 / side) - 1;
  };
  const at::Tensor exponents =  // [d/4]
      at::arange(head_dim / 4, options) * (2.0 / (head_dim / 2));
  const at::Tensor turns =  // [d/4], angles a unit of the coordinate
      2 * M_PI / at::pow(theta, exponents);
  const int64_t h = grid.height, w = grid.width, quarter = head_dim / 4;
  const at::Tensor y = (coordinates(h).unsqueeze(1) * turns)  // [h, d/4]
                           .unsqueeze(1)
                           .expand({h, w, quarter});
  const at::Tensor x = (coordinates(w).unsqueeze(1) * turns)  // [w, d/4]
                           .unsqueeze(0)
                           .expand({h, w, quarter});
  const at::Tensor half = at::cat({y, x}, 2);  // [h, w, d/2]
  const at::Tensor angles =                    // [1, N, d]
      at::cat({half, half}, 2).reshape({1, h * w, head_dim});
  return {angles.cos(), angles.sin()};
}

at::Tensor Rotate(const at::Tensor& x, const Rotation& rotation) {
  if (!rotation.defined()) return x;
  const int64_t half = x.size(3) / 2;
  const at::Tensor turned =  // each channel's partner
      at::cat({-x.slice(3, half), x.slice(3, 0, half)}, 3);
  const at::Tensor sum = x * rotation.cos.unsqueeze(1) +
                         turned * rotation.sin.unsqueeze(1);  // [B, h, N, d]
  return sum.to(x.scalar_type());
}

}  // namespace caldera::vit
