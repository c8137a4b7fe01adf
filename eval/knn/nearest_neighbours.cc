#include "eval/knn/nearest_neighbours.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "eval/features/column_moments.h"
#include "eval/knn/nearest_candidates.h"

namespace caldera::eval {
namespace {

constexpr int64_t kTestRows = 1024;   // a block of scores is then 16 MiB
constexpr int64_t kTrainRows = 4096;  // of float
// The numbers of a block of training rows and of a panel of test rows, which
// are copied for the search: 16 and 32 MiB of float. Products of fewer rows
// than the least would be slow.
constexpr int64_t kTrainNumbers = 1 << 22, kTestNumbers = 1 << 23;
constexpr int64_t kLeastRows = 64, kMostTestRows = 1 << 16;
constexpr int64_t kCandidates = 1 << 21;  // of a panel: 64 MiB
constexpr int64_t kSpareCandidates = 16;
constexpr double kLeastNorm = 1e-12;  // as torch.nn.functional.normalize

// Calls `work(begin, end)` on shares of [0, rows), each in a thread of its own.
// (at:: parallel_for is serial in code that is not itself compiled with
// OpenMP.)
void OnAllThreads(int64_t rows,
                  const std::function<void(int64_t, int64_t)>& work) {
  const int64_t threads = std::clamp<int64_t>(
      std::min<int64_t>(at::get_num_threads(), rows / 32), 1, 256);
  std::vector<std::thread> others;
  for (int64_t t = 1; t < threads; ++t) {
    others.emplace_back(work, rows * t / threads, rows * (t + 1) / threads);
  }
  work(0, rows / threads);
  for (std::thread& thread : others) thread.join();
}

// Returns the features as the search reads them: on the CPU, contiguous, of
// type Value.
template <typename Value>
at::Tensor Searchable(const at::Tensor& features) {
  return features.detach()
      .to(at::kCPU, c10::CppTypeToScalarType<Value>::value)
      .contiguous();
}

// Computes scores, block by block, that order rows by nearness.
template <typename Value>
class Scorer {
 public:
  Scorer(const at::Tensor& train, KnnSpec::Distance distance)
      : distance_(distance) {
    // A shift changes no Euclidean distance, but |t|^2 - 2 q.t loses digits far
    // from 0.
    if (distance != KnnSpec::COSINE) {
      mean_ = ColumnMean(train).contiguous();               // [D] double
      shift_ = mean_.to(train.scalar_type()).unsqueeze(0);  // [1, D]
    }
  }

  // Returns rows [R, D] as `Score` expects them. Training rows are prepared
  // block by block, since a second copy of 1.28 M rows would not fit.
  at::Tensor Prepare(const at::Tensor& rows) const {
    if (distance_ == KnnSpec::COSINE) return Normalized(rows);
    const at::Tensor shifted = rows - shift_;
    return distance_ == KnnSpec::EUCLIDEAN ? shifted : Normalized(shifted);
  }

  // Returns the term that Score adds for prepared train [S, D]: [S], or
  // undefined.
  at::Tensor Offset(const at::Tensor& train) const {
    if (distance_ != KnnSpec::EUCLIDEAN) return {};
    return train.square().sum(1).mul_(-0.5);
  }

  // Returns the scores [R, S] of prepared test [R, D] and train [S, D]. Cosine:
  // the product. Euclidean: q.t - |t|^2 / 2, half of |q|^2 - |q - t|^2, falls
  // as |q - t| grows.
  static void Score(const at::Tensor& test, const at::Tensor& train,
                    const at::Tensor& offset, at::Tensor scores) {
    if (offset.defined()) {
      at::addmm_out(scores, offset, test, train.t());
    } else {
      at::mm_out(scores, test, train.t());
    }
  }

  // Returns what is measured exactly from, [D]: the mean of the training rows
  // for CENTERED_COSINE, else the origin, as nullptr.
  const double* centre() const {
    return distance_ == KnnSpec::CENTERED_COSINE
               ? mean_.const_data_ptr<double>()
               : nullptr;
  }

 private:
  static at::Tensor Normalized(const at::Tensor& rows) {
    return rows / rows.norm(2, {1}, /*keepdim=*/true).clamp_min_(kLeastNorm);
  }

  KnnSpec::Distance distance_;
  at::Tensor mean_, shift_;
};

// Returns the exact measure, in double and in one fixed order of additions.
// centre: [width], or nullptr.
template <typename Value>
double Measure(const Value* a, const Value* b, int64_t width,
               KnnSpec::Distance distance, const double* centre) {
  if (distance == KnnSpec::EUCLIDEAN) {
    double squares = 0;
    for (int64_t d = 0; d < width; ++d) {
      const double difference = double{a[d]} - double{b[d]};
      squares += difference * difference;
    }
    return std::sqrt(squares);
  }
  double product = 0, a_squares = 0, b_squares = 0;
  for (int64_t d = 0; d < width; ++d) {
    const double origin = centre == nullptr ? 0 : centre[d];
    const double from_a = double{a[d]} - origin, from_b = double{b[d]} - origin;
    product += from_a * from_b;
    a_squares += from_a * from_a;
    b_squares += from_b * from_b;
  }
  return product / (std::max(std::sqrt(a_squares), kLeastNorm) *
                    std::max(std::sqrt(b_squares), kLeastNorm));
}

// Returns how many training rows are prepared at a time.
int64_t TrainRowsAtATime(int64_t width) {
  return std::clamp(kTrainNumbers / width, kLeastRows, kTrainRows);
}

// Returns how many test rows are searched at a time.
int64_t TestRowsAtATime(int64_t width, int64_t kept) {
  return std::clamp(std::min(kTestNumbers / width, kCandidates / kept),
                    kLeastRows, kMostTestRows);
}

// Writes the neighbours of the rows of `test` [M, D] to `result` [M, k].
template <typename Value>
void SearchPanel(const Scorer<Value>& scorer, const at::Tensor& train,
                 const at::Tensor& test, KnnSpec::Distance distance,
                 const KnnNeighbours& result) {
  const int64_t width = train.size(1), k = result.index.size(1);
  const int64_t kept = std::min(k + kSpareCandidates, train.size(0));
  const Value* train_data = train.const_data_ptr<Value>();
  const Value* test_data = test.const_data_ptr<Value>();
  int64_t* index = result.index.mutable_data_ptr<int64_t>();
  double* value = result.similarity_or_distance.mutable_data_ptr<double>();
  // Orders the best first, and equal scores by the lower index.
  const double sign = distance == KnnSpec::EUCLIDEAN ? 1 : -1;
  const auto nearer = [sign](const std::pair<double, int64_t>& a,
                             const std::pair<double, int64_t>& b) {
    return a.first != b.first ? sign * a.first < sign * b.first
                              : a.second < b.second;
  };

  // Training rows are in the outer loop, so that each is prepared once.
  const at::Tensor queries = scorer.Prepare(test);  // [M, D]
  std::vector<NearestCandidates<Value>> best(test.size(0),
                                             NearestCandidates<Value>(kept));
  const int64_t block = TrainRowsAtATime(width);
  const at::Tensor buffer = at::empty(
      {std::min(kTestRows, test.size(0)) * std::min(block, train.size(0))},
      test.options());
  for (int64_t start = 0; start < train.size(0); start += block) {
    const int64_t columns = std::min(block, train.size(0) - start);
    const at::Tensor keys =
        scorer.Prepare(train.narrow(0, start, columns));  // [S, D]
    const at::Tensor offset = scorer.Offset(keys);
    for (int64_t first = 0; first < test.size(0); first += kTestRows) {
      const int64_t rows = std::min(kTestRows, test.size(0) - first);
      const at::Tensor scores =
          buffer.narrow(0, 0, rows * columns).view({rows, columns});  // [R, S]
      Scorer<Value>::Score(queries.narrow(0, first, rows), keys, offset,
                           scores);
      const Value* data = scores.const_data_ptr<Value>();
      OnAllThreads(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          best[first + row].Scan(data + row * columns, columns, start);
        }
      });
    }
  }
  OnAllThreads(test.size(0), [&](int64_t begin, int64_t end) {
    std::vector<std::pair<double, int64_t>> exact;
    for (int64_t row = begin; row < end; ++row) {
      exact.clear();
      for (const auto& candidate : best[row].Finish()) {
        exact.emplace_back(Measure(test_data + row * width,
                                   train_data + candidate.index * width, width,
                                   distance, scorer.centre()),
                           candidate.index);
      }
      std::partial_sort(exact.begin(), exact.begin() + k, exact.end(), nearer);
      for (int64_t i = 0; i < k; ++i) {
        value[row * k + i] = exact[i].first;
        index[row * k + i] = exact[i].second;
      }
    }
  });
}

template <typename Value>
KnnNeighbours Search(const at::Tensor& train_features,
                     const at::Tensor& test_features, int64_t k,
                     KnnSpec::Distance distance) {
  const at::Tensor train = Searchable<Value>(train_features);  // [N, D]
  const at::Tensor test = Searchable<Value>(test_features);    // [M, D]
  const Scorer<Value> scorer(train, distance);
  const KnnNeighbours result{at::empty({test.size(0), k}, at::kLong),
                             at::empty({test.size(0), k}, at::kDouble)};
  const int64_t kept = std::min(k + kSpareCandidates, train.size(0));
  const int64_t panel = TestRowsAtATime(train.size(1), kept);
  for (int64_t first = 0; first < test.size(0); first += panel) {
    const int64_t rows = std::min(panel, test.size(0) - first);
    SearchPanel(scorer, train, test.narrow(0, first, rows), distance,
                {result.index.narrow(0, first, rows),
                 result.similarity_or_distance.narrow(0, first, rows)});
  }
  return result;
}

}  // namespace

KnnNeighbours NearestNeighbours(const at::Tensor& train, const at::Tensor& test,
                                int64_t k, KnnSpec::Distance distance) {
  CHECK(k >= 1 && k <= train.size(0)) << k << " of " << train.size(0);
  CHECK_EQ(train.size(1), test.size(1));
  return train.scalar_type() == at::kDouble
             ? Search<double>(train, test, k, distance)
             : Search<float>(train, test, k, distance);
}

int64_t NearestNeighboursBytes(int64_t train, int64_t test, int64_t width,
                               int64_t k, KnnSpec::Distance distance) {
  constexpr int64_t kFloat = 4, kResult = 16, kCandidate = 16;
  const int64_t kept = std::min(k + kSpareCandidates, train);
  const int64_t panel = std::min(test, TestRowsAtATime(width, kept));
  const int64_t block = std::min(train, TrainRowsAtATime(width));
  const int64_t searching = kFloat * (panel * width + 2 * block * width +
                                      std::min(kTestRows, panel) * block) +
                            2 * kCandidate * kept * panel;
  const int64_t shift =
      distance == KnnSpec::COSINE ? 0 : ColumnMomentsBytes(train, width);
  return kResult * k * test + std::max(searching, shift);
}

}  // namespace caldera::eval
