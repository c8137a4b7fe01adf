#include "magma/squared_distances.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/exp2.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include <limits>

namespace caldera::magma {
namespace {

// [B] int64: a sum of the features' bits, each times its own odd weight. Whole
// numbers wrap around and add up to the same in any order, so equal rows have
// equal sums; others share one with a chance of about 2^-64.
at::Tensor Fingerprint(const at::Tensor& features) {
  const at::ScalarType bits =
      features.scalar_type() == at::kDouble ? at::kLong : at::kInt;
  // Powers of Knuth's multiplier (TAOCP 3.3.4) modulo 2^64.
  const at::Tensor weights =
      at::full({features.size(1)}, int64_t{6364136223846793005},
               features.options().dtype(at::kLong))
          .cumprod(0);  // [D]
  // Adding 0 makes -0 a 0, which it equals.
  return at::mul((features + 0.0).view(bits), weights).sum(1);  // [B, D] -> [B]
}

}  // namespace

ScaledFeatures ScaleFeatures(const at::Tensor& features) {
  // Between these limits 2^n and 2^-n are both normal numbers.
  const bool is_double = features.scalar_type() == at::kDouble;
  const double smallest = is_double ? std::numeric_limits<double>::min()
                                    : std::numeric_limits<float>::min();
  const at::Tensor largest = features.abs().amax();  // [], NaN stays NaN
  const at::Tensor exponent =
      largest.clamp(smallest, 1 / smallest).log2().floor();  // []
  ScaledFeatures result;
  result.values = features * exponent.neg().exp2();  // [B, D]
  result.scale = exponent.exp2();
  result.poison = largest * 0;
  return result;
}

SquaredDistances ComputeSquaredDistances(const at::Tensor& features) {
  SquaredDistances result;
  const at::Tensor prints = Fingerprint(features);                    // [B]
  result.same = at::eq(prints.unsqueeze(1), prints.unsqueeze(0));     // [B, B]
  result.centred = features - features.mean(0, /*keepdim=*/true);     // [B, D]
  const at::Tensor norms = (result.centred * result.centred).sum(1);  // [B]
  result.values =
      ProductPlusSides(result.centred * -2, result.centred, norms, norms);
  // Rounding takes the distance of close rows below 0.
  result.values.clamp_min_(0).masked_fill_(result.same, 0);
  return result;
}

at::Tensor ProductPlusSides(const at::Tensor& a, const at::Tensor& b,
                            const at::Tensor& left, const at::Tensor& right) {
  const int64_t rows = a.size(0), width = a.size(1);
  // A multiple of 8 keeps rows aligned for the vector units.
  const int64_t padded = (width + 2 + 7) / 8 * 8;
  const at::Tensor first = at::zeros({rows, padded}, a.options());
  const at::Tensor second = at::zeros({rows, padded}, a.options());
  first.narrow(1, 0, width).copy_(a);
  second.narrow(1, 0, width).copy_(b);
  first.select(1, width).copy_(left);
  second.select(1, width).fill_(1);
  first.select(1, width + 1).fill_(1);
  second.select(1, width + 1).copy_(right);
  return at::mm(first, second.t());  // [B, P] [P, B] -> [B, B]
}

}  // namespace caldera::magma
