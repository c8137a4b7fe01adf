#include "ssl/train/matrix_product_rate.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <chrono>

namespace caldera::ssl {
namespace {

constexpr int kRepeats = 8;

}  // namespace

double MatrixProductRate(const at::Device& device) {
  const int64_t n = device.is_cpu() ? 1024 : 4096;
  const at::Tensor a = at::randn({n, n}, at::device(device));
  const auto product = [&] {
    // Reading a number of the result waits for the device.
    return at::mm(a, a)[0][0].item<float>();
  };
  product();
  double best = 1e300;  // seconds
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    product();
    best = std::min(best, std::chrono::duration<double>(
                              std::chrono::steady_clock::now() - start)
                              .count());
  }
  return 2.0 * static_cast<double>(n) * static_cast<double>(n) *
         static_cast<double>(n) / best;
}

}  // namespace caldera::ssl
