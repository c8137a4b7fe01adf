#include "vit/ops/gelu.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

namespace caldera::vit {
namespace {

constexpr int64_t kGrain = 16384;

// Returns exp(y) for y in [-80, 0], within 1e-7 of its value: Cephes' expf.
[[gnu::always_inline]] inline float ExpOfNegative(float y) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds
  const float shifted = y * 1.44269504F + kRound;
  const float n = shifted - kRound;
  const float r = (y - n * 0.693359375F) - n * -2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits = (bits + 127) << 23;  // 2^n
  float power;
  std::memcpy(&power, &bits, sizeof(power));
  return p * power;
}

struct Normal {
  float distribution;  // Phi(x)
  float density;       // its derivative
};

// Computes Phi(-u) = exp(-u^2/2) P(1/(1 + 0.3 u)) for u >= 0. The coefficients
// of P, of degree 8, are the minimax fit to half of erfcx(u / sqrt(2)) on 0 <=
// u <= 13, within 4e-8 of its value.
[[gnu::always_inline]] inline Normal NormalAt(float x) {
  const float u = std::fabs(x);
  const float s = 1.0F / (1.0F + 0.3F * u);
  float p = 0.03758268430829048F;
  p = p * s + -0.1654883474111557F;
  p = p * s + 0.22148334980010986F;
  p = p * s + -0.06880876421928406F;
  p = p * s + 0.1375856101512909F;
  p = p * s + 0.09663347154855728F;
  p = p * s + 0.12146125733852386F;
  p = p * s + 0.11954677104949951F;
  p = p * s + 3.984151135227876e-06F;
  const float square = -0.5F * u * u;
  const float e = ExpOfNegative(square > -80.0F ? square : -80.0F);
  const float tail = e * p;
  return {x < 0.0F ? tail : 1.0F - tail, e * 0.3989422804F};
}

// The two loops that take the time are compiled for several instruction sets
// below.
[[gnu::always_inline]] inline void Values(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] * NormalAt(x[i]).distribution;
}

// `gradient` may be `grad` itself.
[[gnu::always_inline]] inline void Pairs(const float* grad, const float* x,
                                         float* value, float* gradient,
                                         int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const Normal normal = NormalAt(x[i]);
    const float slope = normal.distribution + x[i] * normal.density;
    value[i] = x[i] * normal.distribution;
    gradient[i] = grad[i] * slope;
  }
}

struct Loops {
  void (*values)(const float*, float*, int64_t);
  void (*pairs)(const float*, const float*, float*, float*, int64_t);
};

void ValuesAnywhere(const float* x, float* y, int64_t n) { Values(x, y, n); }
void PairsAnywhere(const float* grad, const float* x, float* value,
                   float* gradient, int64_t n) {
  Pairs(grad, x, value, gradient, n);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void ValuesAvx2(const float* x, float* y,
                                            int64_t n) {
  Values(x, y, n);
}
[[gnu::target("avx2,fma")]] void PairsAvx2(const float* grad, const float* x,
                                           float* value, float* gradient,
                                           int64_t n) {
  Pairs(grad, x, value, gradient, n);
}
// GCC uses half of each register unless told otherwise; Clang has no such
// option.
#if defined(__clang__)
#define CALDERA_AVX512 "avx512f,avx512dq,fma"
#else
#define CALDERA_AVX512 "avx512f,avx512dq,fma,prefer-vector-width=512"
#endif
[[gnu::target(CALDERA_AVX512)]] void ValuesAvx512(const float* x, float* y,
                                                  int64_t n) {
  Values(x, y, n);
}
[[gnu::target(CALDERA_AVX512)]] void PairsAvx512(const float* grad,
                                                 const float* x, float* value,
                                                 float* gradient, int64_t n) {
  Pairs(grad, x, value, gradient, n);
}
#undef CALDERA_AVX512
#endif

Loops ChooseLoops() {
#if defined(__x86_64__)
  // ATen's own choice, so that ATEN_CPU_CAPABILITY decides here too.
  const std::string capability = at::get_cpu_capability();
  if (capability == "AVX512") return {ValuesAvx512, PairsAvx512};
  if (capability == "AVX2") return {ValuesAvx2, PairsAvx2};
#endif
  return {ValuesAnywhere, PairsAnywhere};
}

const Loops kLoops = ChooseLoops();

bool HasLoop(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous();
}

}  // namespace

at::Tensor Gelu(const at::Tensor& x) {
  const at::NoGradGuard no_grad;
  if (!HasLoop(x)) return at::gelu(x);
  at::Tensor y = at::empty_like(x);
  const auto* from = x.const_data_ptr<float>();
  auto* to = y.mutable_data_ptr<float>();
  at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    kLoops.values(from + begin, to + begin, end - begin);
  });
  return y;
}

GeluPair GeluAgain(const at::Tensor& grad, const at::Tensor& x) {
  const at::NoGradGuard no_grad;
  if (!HasLoop(x) || !HasLoop(grad)) {
    return {at::gelu(x), at::gelu_backward(grad, x)};
  }
  const bool own = grad.use_count() == 1 && grad.storage().use_count() == 1;
  GeluPair pair{at::empty_like(x), own ? grad : at::empty_like(x)};
  const auto* given = grad.const_data_ptr<float>();
  const auto* from = x.const_data_ptr<float>();
  auto* value = pair.value.mutable_data_ptr<float>();
  auto* gradient = pair.gradient.mutable_data_ptr<float>();
  at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    kLoops.pairs(given + begin, from + begin, value + begin, gradient + begin,
                 end - begin);
  });
  return pair;
}

}  // namespace caldera::vit
