#include "eval/knn/nearest_candidates.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

// Returns the indices of the `count` largest, equal ones by index, in ascending
// order.
std::vector<int64_t> Sorted(const std::vector<float>& scores, size_t count) {
  std::vector<int64_t> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(count, order.size()));
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<int64_t> Scanned(const std::vector<float>& scores, size_t count,
                             size_t block) {
  NearestCandidates<float> best(count);
  for (size_t first = 0; first < scores.size(); first += block) {
    best.Scan(scores.data() + first, std::min(block, scores.size() - first),
              first);
  }
  std::vector<int64_t> found;
  for (const auto& candidate : best.Finish()) found.push_back(candidate.index);
  std::sort(found.begin(), found.end());
  return found;
}

TEST(NearestCandidatesTest, FindsWhatSortingFinds) {
  std::mt19937 random(1);
  for (const int levels : {3, 1000000}) {  // many equal scores, hardly any
    std::uniform_int_distribution<int> score(-levels, levels);
    for (const size_t size : {1, 31, 32, 33, 500}) {
      std::vector<float> scores(size);
      for (float& s : scores) s = score(random);
      for (const size_t count : {1, 2, 17}) {
        for (const size_t block : {1, 32, 100, 1000}) {
          EXPECT_EQ(Scanned(scores, count, block), Sorted(scores, count))
              << size << " " << count << " " << block;
        }
      }
    }
  }
}

TEST(NearestCandidatesTest, AscendingScoresAreTheWorstCase) {
  std::vector<float> scores(300);
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = i;
  EXPECT_EQ(Scanned(scores, 5, 64), Sorted(scores, 5));
}

}  // namespace
}  // namespace caldera::eval
