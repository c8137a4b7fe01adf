#include "eval/pacmap/self_neighbours.h"

#include <ATen/Parallel.h>
#include <glog/logging.h>
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cmath>

#include "eval/knn/nearest_neighbours.h"

namespace caldera::eval {
namespace {

// Stores candidates of row i, given nearest first and perhaps with i among
// them.
class Row {
 public:
  Row(int64_t i, SelfNeighbours& out) : i_(i), out_(out) {}

  void Add(int64_t j, double distance) {
    if (j == i_ || filled_ == out_.k) return;
    const int64_t at = i_ * out_.k + filled_++;
    out_.index[at] = static_cast<int32_t>(j);
    out_.distance[at] = static_cast<float>(distance);
  }
  bool full() const { return filled_ == out_.k; }

 private:
  const int64_t i_;
  SelfNeighbours& out_;
  int64_t filled_ = 0;
};

void Exact(const at::Tensor& x, SelfNeighbours& out) {
  const KnnNeighbours found =
      NearestNeighbours(x, x, out.k + 1, KnnSpec::EUCLIDEAN);
  const auto index = found.index.accessor<int64_t, 2>();
  const auto distance = found.similarity_or_distance.accessor<double, 2>();
  for (int64_t i = 0; i < x.size(0); ++i) {
    Row row(i, out);
    for (int64_t j = 0; j <= out.k; ++j) row.Add(index[i][j], distance[i][j]);
  }
}

// More links and a wider search than hnswlib's defaults would find a fraction
// of a percent more of the true neighbours, for twice the time.
constexpr size_t kLinks = 16, kBuildWidth = 100;

void Approximate(const at::Tensor& x, uint64_t seed, SelfNeighbours& out) {
  const int64_t n = x.size(0), d = x.size(1);
  const float* data = x.const_data_ptr<float>();
  hnswlib::L2Space space(d);
  hnswlib::HierarchicalNSW<float> graph(&space, n, kLinks, kBuildWidth, seed);
  for (int64_t i = 0; i < n; ++i) graph.addPoint(data + i * d, i);
  const size_t wanted = out.k + 1;
  graph.setEf(std::max<size_t>(2 * wanted, kBuildWidth));
  at::parallel_for(0, n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      auto heap = graph.searchKnn(data + i * d, wanted);  // farthest on top
      std::vector<std::pair<float, hnswlib::labeltype>> found(heap.size());
      for (size_t j = heap.size(); j-- > 0; heap.pop()) found[j] = heap.top();
      Row row(i, out);
      for (const auto& [squared, j] : found) {
        row.Add(static_cast<int64_t>(j), std::sqrt(squared));
      }
      // A graph of many equal rows may not reach enough of them.
      for (int64_t j = 0; j < n && !row.full(); ++j) {
        const bool known = std::any_of(
            found.begin(), found.end(),
            [&](const auto& one) { return one.second == size_t(j); });
        if (known) continue;
        double sum = 0;
        for (int64_t c = 0; c < d; ++c) {
          const double difference = data[i * d + c] - data[j * d + c];
          sum += difference * difference;
        }
        row.Add(j, std::sqrt(sum));
      }
    }
  });
}

}  // namespace

SelfNeighbours FindSelfNeighbours(const at::Tensor& x, int64_t k,
                                  const SelfNeighboursOptions& options) {
  const int64_t n = x.size(0);
  CHECK(x.is_contiguous() && x.scalar_type() == at::kFloat);
  CHECK(k >= 1 && k < n) << k << " neighbours among " << n << " rows";
  SelfNeighbours out;
  out.k = k;
  out.index.resize(n * k);
  out.distance.resize(n * k);
  if (n <= options.exact_up_to) {
    Exact(x, out);
  } else {
    Approximate(x, options.seed, out);
  }
  return out;
}

}  // namespace caldera::eval
