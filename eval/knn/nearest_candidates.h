// Finds the best few scores of a long row that arrives block by block.
//
//   NearestCandidates<float> best(/*count=*/20);
//   best.Scan(scores, 8192, /*first_index=*/0);  // then 8192, 16384, ...
//   for (const auto& candidate : best.Finish()) ...
//
// Keeps at most 2 x count candidates and a threshold under which nothing can
// enter any more, so that a scan is little more than one comparison a score.
//
// Caveat: blocks must come in ascending order of index: among equal scores the
// lower index is the better one.
#ifndef CALDERA_EVAL_KNN_NEAREST_CANDIDATES_H_
#define CALDERA_EVAL_KNN_NEAREST_CANDIDATES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace caldera::eval {

template <typename Score>
class NearestCandidates {
 public:
  struct Candidate {
    Score score;
    int64_t index;
  };

  explicit NearestCandidates(size_t count) : count_(count) {
    candidates_.reserve(2 * count);
  }

  // Scans scores[i], which has the index first_index + i. Scores must not be
  // NaN.
  void Scan(const Score* scores, int64_t size, int64_t first_index) {
    int64_t i = 0;
    for (; i + kStride <= size; i += kStride) {
      // No early exit: the compiler makes this loop a few vector compares.
      int above = 0;
      for (int64_t j = 0; j < kStride; ++j) {
        above |= static_cast<int>(scores[i + j] > threshold_);
      }
      if (above == 0) continue;
      for (int64_t j = i; j < i + kStride; ++j)
        Take(scores[j], first_index + j);
    }
    for (; i < size; ++i) Take(scores[i], first_index + i);
  }

  // Returns the best `count` (or all, where there were fewer), in no particular
  // order.
  const std::vector<Candidate>& Finish() {
    if (candidates_.size() > count_) Shrink();
    return candidates_;
  }

 private:
  static constexpr int64_t kStride = 32;

  void Take(Score score, int64_t index) {
    if (!(score > threshold_)) return;
    candidates_.push_back({score, index});
    if (candidates_.size() == 2 * count_) Shrink();
  }

  // Drops the worse half: amortised constant time a candidate, in any order
  // of arrival.
  void Shrink() {
    const auto last = candidates_.begin() + (count_ - 1);
    std::nth_element(candidates_.begin(), last, candidates_.end(),
                     [](const Candidate& a, const Candidate& b) {
                       return a.score > b.score ||
                              (a.score == b.score && a.index < b.index);
                     });
    threshold_ = last->score;
    candidates_.resize(count_);
  }

  size_t count_;
  Score threshold_ = -std::numeric_limits<Score>::infinity();
  std::vector<Candidate> candidates_;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_KNN_NEAREST_CANDIDATES_H_
