#include "magma/squared_distances.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/aminmax.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/sum.h>

#include <limits>

#include "magma/products.h"

namespace caldera::magma {
namespace {

// Returns [B] int64: a sum over the row's 64-bit words, each times its own odd
// weight. Integers wrap around and have the same sum in any order, so equal
// rows have equal sums; different rows have equal sums with a probability of
// about 2^-64.
at::Tensor Fingerprint(const at::Tensor& features) {
  at::Tensor words = features;  // [B, D]
  if (words.scalar_type() == at::kFloat && words.size(1) % 2 == 1) {
    words = words.view(at::kInt).to(at::kLong);  // [B, D]
  } else {
    words = words.view(at::kLong);  // [B, D], or [B, D / 2]: two floats a word
  }
  // A changed sign is bit 63 of a word, which multiplication by an odd weight
  // does not move: two changed signs would cancel. The shift spreads the bit
  // first.
  at::Tensor mixed = words.bitwise_right_shift(29).bitwise_xor_(words);
  // Powers of Knuth's multiplier (TAOCP 3.3.4) modulo 2^64.
  const at::Tensor weights =
      at::full({mixed.size(1)}, int64_t{6364136223846793005}, mixed.options())
          .cumprod(0);
  return mixed.mul_(weights).sum(1);
}

}  // namespace

ScaledFeatures ScaleFeatures(const at::Tensor& features) {
  // Between these limits 2^n and 2^-n are both normal numbers.
  const bool is_double = features.scalar_type() == at::kDouble;
  const double smallest = is_double ? std::numeric_limits<double>::min()
                                    : std::numeric_limits<float>::min();
  const auto [low, high] = at::aminmax(features);      // [], NaN if one is
  const at::Tensor largest = at::maximum(high, -low);  // []
  const at::Tensor exponent =
      largest.clamp(smallest, 1 / smallest).log2().floor();  // []
  ScaledFeatures result;
  result.values = features.contiguous() * exponent.neg().exp2();  // [B, D]
  result.values.add_(0);  // turns -0 into 0
  result.scale = exponent.exp2();
  result.poison = largest * 0;
  return result;
}

SquaredDistances ComputeSquaredDistances(at::Tensor& features,
                                         const RowBlock& rows) {
  SquaredDistances result;
  const at::Tensor print = Fingerprint(features);  // [B]
  result.different = at::ne(rows.Own(print).unsqueeze(1), print.unsqueeze(0))
                         .to(features.scalar_type());  // [b, B]
  features.sub_(features.mean(0, /*keepdim=*/true));
  const at::Tensor norms =
      at::linalg_vector_norm(features, 2, 1).square();                // [B]
  result.values = rows.Own(norms).unsqueeze(1) + norms.unsqueeze(0);  // [b, B]
  AddProduct(result.values, rows.Own(features), features.t(), /*beta=*/1,
             /*alpha=*/-2);
  // Rounding can make the distance of close rows negative.
  result.values.clamp_min_(0).mul_(result.different);
  return result;
}

}  // namespace caldera::magma
