#include "eval/pacmap/pairs.h"

#include <ATen/Parallel.h>
#include <glog/logging.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/random_stream.h"

namespace caldera::eval {
namespace {

constexpr int64_t kExtraNeighbours = 50;
constexpr int kMidNearCandidates = 6;

bool Contains(const int32_t* begin, int64_t count, int32_t value) {
  return std::find(begin, begin + count, value) != begin + count;
}

// Draws a point that is neither i nor in one of the two lists.
int32_t Draw(base::RandomStream& stream, int64_t n, int64_t i, const int32_t* a,
             int64_t a_count, const int32_t* b, int64_t b_count) {
  for (;;) {
    const auto j = static_cast<int32_t>(stream.UniformInt(n));
    if (j != i && !Contains(a, a_count, j) && !Contains(b, b_count, j)) {
      return j;
    }
  }
}

// Returns the scale of the distances around each point.
std::vector<float> LocalScales(const SelfNeighbours& found, int64_t n) {
  std::vector<float> scales(n);
  const int64_t begin = std::min<int64_t>(3, found.k - 1);
  const int64_t end = std::min<int64_t>(6, found.k);
  for (int64_t i = 0; i < n; ++i) {
    const float* row = &found.distance[i * found.k];
    const float sum = std::accumulate(row + begin, row + end, 0.0F);
    scales[i] = std::max(sum / static_cast<float>(end - begin), 1e-10F);
  }
  return scales;
}

void ChooseNeighbours(const SelfNeighbours& found, int64_t n,
                      PacmapPairs& pairs) {
  const std::vector<float> scales = LocalScales(found, n);
  const int64_t count = pairs.counts.neighbours;
  at::parallel_for(0, n, 256, [&](int64_t begin, int64_t end) {
    std::vector<std::pair<float, int32_t>> row(found.k);
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t k = 0; k < found.k; ++k) {
        const int32_t j = found.index[i * found.k + k];
        const float distance = found.distance[i * found.k + k];
        row[k] = {distance * distance / scales[i] / scales[j], j};
      }
      std::stable_sort(
          row.begin(), row.end(),
          [](const auto& a, const auto& b) { return a.first < b.first; });
      for (int64_t k = 0; k < count; ++k) {
        pairs.neighbours[i * count + k] = row[k].second;
      }
    }
  });
}

float SquaredDistance(const float* a, const float* b, int64_t d) {
  float sum = 0;
  for (int64_t c = 0; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

// Draws the second nearest of six random points that are not partners yet.
int32_t DrawMidNear(const float* x, int64_t n, int64_t d, int64_t i,
                    const int32_t* chosen, int64_t chosen_count,
                    base::RandomStream& stream) {
  std::array<int32_t, kMidNearCandidates> drawn{};
  std::array<std::pair<float, int>, kMidNearCandidates> nearest;
  for (int c = 0; c < kMidNearCandidates; ++c) {
    drawn[c] = Draw(stream, n, i, chosen, chosen_count, drawn.data(), c);
    nearest[c] = {SquaredDistance(x + i * d, x + drawn[c] * d, d), c};
  }
  std::nth_element(nearest.begin(), nearest.begin() + 1, nearest.end());
  return drawn[nearest[1].second];
}

void ChooseRandomPartners(const at::Tensor& x, uint64_t seed,
                          PacmapPairs& pairs) {
  const int64_t n = x.size(0), d = x.size(1);
  const float* data = x.const_data_ptr<float>();
  const PairCounts& counts = pairs.counts;
  at::parallel_for(0, n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      base::RandomStream stream(seed, "pacmap", 0, i);
      int32_t* mid_near = pairs.mid_near.data() + i * counts.mid_near;
      for (int64_t k = 0; k < counts.mid_near; ++k) {
        mid_near[k] = DrawMidNear(data, n, d, i, mid_near, k, stream);
      }
      int32_t* further = pairs.further.data() + i * counts.further;
      for (int64_t k = 0; k < counts.further; ++k) {
        further[k] = Draw(stream, n, i, further, k,
                          pairs.neighbours.data() + i * counts.neighbours,
                          counts.neighbours);
      }
    }
  });
}

}  // namespace

PairCounts CountsFor(int64_t n, int64_t neighbours, double mn_ratio,
                     double fp_ratio) {
  const double points = static_cast<double>(n);
  if (neighbours == 0) {
    neighbours =
        n <= 10000 ? 10 : std::llround(10 + 15 * (std::log10(points) - 4));
  }
  const auto counts = [&](int64_t near) {
    return PairCounts{
        near, static_cast<int64_t>(static_cast<double>(near) * mn_ratio),
        static_cast<int64_t>(static_cast<double>(near) * fp_ratio)};
  };
  PairCounts out = counts(neighbours);
  // A mid-near partner is drawn with five other candidates beside it.
  const int64_t spare = kMidNearCandidates + 1;
  if (out.neighbours + out.mid_near + out.further + spare > n) {
    out = counts(std::max<int64_t>(
        1, static_cast<int64_t>((points - spare) / (1 + mn_ratio + fp_ratio))));
  }
  return out;
}

PacmapPairs ChoosePairs(const at::Tensor& x, const PairCounts& counts,
                        const SelfNeighboursOptions& options, uint64_t seed) {
  const int64_t n = x.size(0);
  CHECK_GT(n, counts.neighbours + counts.mid_near + counts.further);
  CHECK_GT(n, counts.mid_near + kMidNearCandidates);
  PacmapPairs pairs;
  pairs.counts = counts;
  pairs.neighbours.resize(n * counts.neighbours);
  pairs.mid_near.resize(n * counts.mid_near);
  pairs.further.resize(n * counts.further);
  const int64_t searched =
      std::min(counts.neighbours + kExtraNeighbours, n - 1);
  ChooseNeighbours(FindSelfNeighbours(x, searched, options), n, pairs);
  ChooseRandomPartners(x, seed, pairs);
  return pairs;
}

}  // namespace caldera::eval
