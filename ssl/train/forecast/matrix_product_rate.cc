#include "ssl/train/forecast/matrix_product_rate.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <chrono>

namespace caldera::ssl {
namespace {

constexpr int kRepeats = 8;
// A GPU computes several products in one go, so that launching and waiting do
// not count.
constexpr int kProductsOnGpu = 4;

}  // namespace

double MatrixProductRate(const at::Device& device, at::ScalarType dtype) {
  const int64_t n = device.is_cpu() ? 1024 : 8192;
  const int products = device.is_cpu() ? 1 : kProductsOnGpu;
  const at::Tensor a = at::randn({n, n}, at::device(device)).to(dtype);
  at::Tensor product = at::mm(a, a);
  const auto multiply = [&] {
    for (int i = 0; i < products; ++i) at::mm_out(product, a, a);
    return product[0][0].item<float>();  // waits for the device
  };
  multiply();
  double best = 1e300;  // seconds
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    multiply();
    best = std::min(best, std::chrono::duration<double>(
                              std::chrono::steady_clock::now() - start)
                              .count());
  }
  return 2.0 * products * static_cast<double>(n) * static_cast<double>(n) *
         static_cast<double>(n) / best;
}

}  // namespace caldera::ssl
