#include "eval/embed/neighbour_pairs.h"

#include <ATen/Parallel.h>
#include <glog/logging.h>
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/status.h"
#include "eval/knn/nearest_neighbours.h"

namespace caldera::eval {
namespace {

// Rows whose neighbours are in memory at a time.
constexpr int64_t kBlock = 4096;
// As in eval/pacmap/self_neighbours.cc.
constexpr size_t kLinks = 16, kBuildWidth = 100;

// Sums in several lanes, which the compiler may add side by side.
template <typename Number>
float Product(const Number* a, const Number* b, int64_t d) {
  constexpr int kLanes = 16;
  float sums[kLanes] = {};
  int64_t c = 0;
  for (; c + kLanes <= d; c += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      sums[lane] +=
          static_cast<float>(a[c + lane]) * static_cast<float>(b[c + lane]);
    }
  }
  float sum = 0;
  for (; c < d; ++c) sum += static_cast<float>(a[c]) * static_cast<float>(b[c]);
  for (const float lane : sums) sum += lane;
  return sum;
}

// The rows that the graph knows by their numbers.
template <typename Number>
class Rows {
 public:
  explicit Rows(const at::Tensor& features)
      : data_(features.const_data_ptr<Number>()), d_(features.size(1)) {
    scale_.resize(features.size(0));
    for (size_t i = 0; i < scale_.size(); ++i) {
      const Number* row = data_ + static_cast<int64_t>(i) * d_;
      double sum = 0;
      for (int64_t c = 0; c < d_; ++c) {
        sum += static_cast<double>(row[c]) * static_cast<double>(row[c]);
      }
      scale_[i] = sum > 0 ? 1 / std::sqrt(sum) : 0;
    }
  }

  // Approximately, for the search.
  float Distance(uint32_t a, uint32_t b) const {
    return 1 - static_cast<float>(Product(data_ + a * d_, data_ + b * d_, d_) *
                                  scale_[a] * scale_[b]);
  }

  double Cosine(int64_t a, int64_t b) const {
    double sum = 0;
    for (int64_t c = 0; c < d_; ++c) {
      sum += static_cast<double>(data_[a * d_ + c]) *
             static_cast<double>(data_[b * d_ + c]);
    }
    return sum * scale_[a] * scale_[b];
  }

 private:
  const Number* data_;
  const int64_t d_;
  std::vector<double> scale_;  // 1 / length, 0 for a row of zeros
};

// A space whose points are numbers of rows.
template <typename Number>
class RowSpace : public hnswlib::SpaceInterface<float> {
 public:
  explicit RowSpace(const Rows<Number>& rows) : rows_(rows) {}
  size_t get_data_size() override { return sizeof(uint32_t); }
  hnswlib::DISTFUNC<float> get_dist_func() override {
    return [](const void* a, const void* b, const void* rows) {
      return static_cast<const Rows<Number>*>(rows)->Distance(
          *static_cast<const uint32_t*>(a), *static_cast<const uint32_t*>(b));
    };
  }
  void* get_dist_func_param() override {
    return const_cast<Rows<Number>*>(&rows_);
  }

 private:
  const Rows<Number>& rows_;
};

void SortAndLimit(int64_t k, std::vector<Neighbour>& found) {
  std::sort(found.begin(), found.end(),
            [](const Neighbour& a, const Neighbour& b) {
              return std::make_pair(-a.cosine, a.row) <
                     std::make_pair(-b.cosine, b.row);
            });
  if (static_cast<int64_t>(found.size()) > k) found.resize(k);
}

absl::Status Exact(const at::Tensor& features, int64_t k,
                   const ConsumeNeighbours& consume) {
  const at::Tensor x = features.to(at::kFloat);  // [N, D]
  for (int64_t begin = 0; begin < x.size(0); begin += kBlock) {
    const int64_t count = std::min(kBlock, x.size(0) - begin);
    const KnnNeighbours near =
        NearestNeighbours(x, x.narrow(0, begin, count), k + 1, KnnSpec::COSINE);
    const auto index = near.index.accessor<int64_t, 2>();
    const auto cosine = near.similarity_or_distance.accessor<double, 2>();
    for (int64_t i = 0; i < count; ++i) {
      std::vector<Neighbour> found;
      for (int64_t j = 0; j <= k; ++j) {
        if (index[i][j] == begin + i) continue;
        found.push_back({index[i][j], cosine[i][j]});
      }
      SortAndLimit(k, found);
      RETURN_IF_ERROR(consume(begin + i, found));
    }
  }
  return absl::OkStatus();
}

template <typename Number>
absl::Status Approximate(const at::Tensor& features, int64_t k,
                         const NeighbourOptions& options,
                         const ConsumeNeighbours& consume) {
  const int64_t n = features.size(0);
  const Rows<Number> rows(features);
  RowSpace<Number> space(rows);
  hnswlib::HierarchicalNSW<float> graph(&space, n, kLinks, kBuildWidth,
                                        options.seed);
  for (int64_t i = 0; i < n; ++i) {
    const auto row = static_cast<uint32_t>(i);
    graph.addPoint(&row, i);
    if (options.progress && (i + 1) % kBlock == 0) options.progress(i + 1, n);
  }
  const size_t wanted = k + 1;  // with the row itself
  graph.setEf(std::max<size_t>(2 * wanted, kBuildWidth));
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t count = std::min(kBlock, n - begin);
    std::vector<std::vector<Neighbour>> found(count);
    at::parallel_for(0, count, 64, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i) {
        const auto row = static_cast<uint32_t>(begin + i);
        for (auto heap = graph.searchKnn(&row, wanted); !heap.empty();
             heap.pop()) {
          const auto other = static_cast<int64_t>(heap.top().second);
          if (other == begin + i) continue;
          found[i].push_back({other, rows.Cosine(begin + i, other)});
        }
        SortAndLimit(k, found[i]);
      }
    });
    for (int64_t i = 0; i < count; ++i) {
      RETURN_IF_ERROR(consume(begin + i, found[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ForEachNeighbours(const at::Tensor& features,
                               const NeighbourOptions& options,
                               const ConsumeNeighbours& consume) {
  CHECK(features.dim() == 2 && features.is_contiguous());
  const int64_t n = features.size(0);
  CHECK(n >= 2 && n <= std::numeric_limits<uint32_t>::max()) << n;
  CHECK_GE(options.k, 1);
  const int64_t k = std::min(options.k, n - 1);
  if (n <= options.exact_up_to) return Exact(features, k, consume);
  return features.scalar_type() == at::kHalf
             ? Approximate<at::Half>(features, k, options, consume)
             : Approximate<float>(features, k, options, consume);
}

}  // namespace caldera::eval
