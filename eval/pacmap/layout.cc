#include "eval/pacmap/layout.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <utility>

namespace caldera::eval {
namespace {

constexpr float kNear = 10, kMid = 10000, kFar = 1;
constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-7;
constexpr double kFirstMidNear = 1000;  // its weight before the first step
constexpr int64_t kGrain = 512;         // points a thread takes at once

// The pairs of one kind by point; each is listed under both of its points.
struct Partners {
  std::vector<int64_t> begin;  // [N + 1]
  std::vector<int32_t> other;

  Partners(const std::vector<int32_t>& chosen, int64_t n, int64_t count)
      : begin(n + 1, 0), other(2 * chosen.size()) {
    for (int64_t i = 0; i < n; ++i) begin[i + 1] = count;
    for (const int32_t j : chosen) ++begin[j + 1];
    for (int64_t i = 0; i < n; ++i) begin[i + 1] += begin[i];
    std::vector<int64_t> next(begin.begin(), begin.end() - 1);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t k = 0; k < count; ++k) {
        const int32_t j = chosen[i * count + k];
        other[next[i]++] = j;
        other[next[j]++] = static_cast<int32_t>(i);
      }
    }
  }
};

// Adds the sum over i's partners of scale / (c + d)^2 (yi - yj) to (gx, gy).
inline void AddForces(const Partners& partners, int64_t i, const float* y,
                      float c, float scale, float& gx, float& gy) {
  const float xi = y[2 * i], yi = y[2 * i + 1];
  float sum_x = 0, sum_y = 0;
  for (int64_t k = partners.begin[i]; k < partners.begin[i + 1]; ++k) {
    const int64_t j = partners.other[k];
    const float dx = xi - y[2 * j], dy = yi - y[2 * j + 1];
    const float root = 1 / (c + 1 + dx * dx + dy * dy);
    sum_x += root * root * dx;
    sum_y += root * root * dy;
  }
  gx += scale * sum_x;
  gy += scale * sum_y;
}

class Forces {
 public:
  Forces(const PacmapPairs& pairs, int64_t n)
      : near_(pairs.neighbours, n, pairs.counts.neighbours),
        mid_(pairs.mid_near, n, pairs.counts.mid_near),
        far_(pairs.further, n, pairs.counts.further) {}

  // Returns the gradient of point i.
  std::pair<float, float> At(int64_t i, const PairWeights& weights,
                             const float* y) const {
    float gx = 0, gy = 0;
    AddForces(near_, i, y, kNear,
              static_cast<float>(2 * kNear * weights.neighbours), gx, gy);
    if (weights.mid_near > 0) {
      AddForces(mid_, i, y, kMid,
                static_cast<float>(2 * kMid * weights.mid_near), gx, gy);
    }
    AddForces(far_, i, y, kFar, static_cast<float>(-2 * kFar * weights.further),
              gx, gy);
    return {gx, gy};
  }

 private:
  Partners near_, mid_, far_;
};

}  // namespace

PairWeights WeightsAt(int iteration, const std::array<int, 3>& iterations) {
  if (iteration < iterations[0]) {
    const double done = static_cast<double>(iteration) / iterations[0];
    return {2, (1 - done) * kFirstMidNear + done * 3, 1};
  }
  if (iteration < iterations[0] + iterations[1]) return {3, 3, 1};
  return {1, 0, 1};
}

void LayOut(const PacmapPairs& pairs, const LayoutOptions& options,
            std::vector<float>& y) {
  const auto n = static_cast<int64_t>(y.size() / 2);
  const Forces forces(pairs, n);
  std::vector<float> gradient(y.size()), m(y.size(), 0), v(y.size(), 0);
  const auto& phases = options.iterations;
  for (int step = 0; step < phases[0] + phases[1] + phases[2]; ++step) {
    const PairWeights weights = WeightsAt(step, phases);
    const auto rate = static_cast<float>(
        options.learning_rate * std::sqrt(1 - std::pow(kBeta2, step + 1)) /
        (1 - std::pow(kBeta1, step + 1)));
    // All forces refer to the same y, so all are summed before any point moves.
    at::parallel_for(0, n, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto [gx, gy] = forces.At(i, weights, y.data());
        gradient[2 * i] = gx;
        gradient[2 * i + 1] = gy;
      }
    });
    at::parallel_for(0, 2 * n, 8 * kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float g = gradient[i];
        m[i] += static_cast<float>(1 - kBeta1) * (g - m[i]);
        v[i] += static_cast<float>(1 - kBeta2) * (g * g - v[i]);
        y[i] -= rate * m[i] / (std::sqrt(v[i]) + static_cast<float>(kEpsilon));
      }
    });
  }
}

double LayoutLoss(const PacmapPairs& pairs, const PairWeights& weights,
                  const std::vector<double>& y) {
  const auto n = static_cast<int64_t>(y.size() / 2);
  const auto sum = [&](const std::vector<int32_t>& chosen, int64_t count,
                       const auto& loss) {
    double total = 0;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t k = 0; k < count; ++k) {
        const int32_t j = chosen[i * count + k];
        const double dx = y[2 * i] - y[2 * j], dy = y[2 * i + 1] - y[2 * j + 1];
        total += loss(1 + dx * dx + dy * dy);
      }
    }
    return total;
  };
  const auto pull = [](double c) {
    return [c](double d) { return d / (c + d); };
  };
  const PairCounts& counts = pairs.counts;
  return weights.neighbours *
             sum(pairs.neighbours, counts.neighbours, pull(kNear)) +
         weights.mid_near * sum(pairs.mid_near, counts.mid_near, pull(kMid)) +
         weights.further * sum(pairs.further, counts.further,
                               [](double d) { return kFar / (kFar + d); });
}

std::vector<float> LayoutGradient(const PacmapPairs& pairs,
                                  const PairWeights& weights,
                                  const std::vector<float>& y) {
  const auto n = static_cast<int64_t>(y.size() / 2);
  const Forces forces(pairs, n);
  std::vector<float> gradient(y.size());
  for (int64_t i = 0; i < n; ++i) {
    const auto [gx, gy] = forces.At(i, weights, y.data());
    gradient[2 * i] = gx;
    gradient[2 * i + 1] = gy;
  }
  return gradient;
}

}  // namespace caldera::eval
