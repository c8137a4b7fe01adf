#include "eval/embed/neighbour_pairs.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace caldera::eval {
namespace {

using testing::ElementsAre;

std::vector<std::vector<Neighbour>> All(const at::Tensor& features, int64_t k,
                                        int64_t exact_up_to) {
  NeighbourOptions options;
  options.k = k;
  options.exact_up_to = exact_up_to;
  std::vector<std::vector<Neighbour>> all;
  const absl::Status status = ForEachNeighbours(
      features, options, [&](int64_t row, const std::vector<Neighbour>& found) {
        EXPECT_EQ(row, all.size());
        all.push_back(found);
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  return all;
}

std::vector<int64_t> RowsOf(const std::vector<Neighbour>& found) {
  std::vector<int64_t> rows;
  for (const Neighbour& one : found) rows.push_back(one.row);
  return rows;
}

// Four directions in the plane: 0, 10, 90 and 160 degrees, of any length.
TEST(NeighbourPairs, AreOrderedByTheCosine) {
  const at::Tensor directions =
      at::tensor({1.0, 0.0, 9.848, 1.736, 0.0, 0.5, -0.9397, 0.3420})
          .view({4, 2})
          .to(at::kFloat);
  for (const int64_t exact_up_to : {0, 100}) {
    const auto all = All(directions, 2, exact_up_to);
    ASSERT_EQ(all.size(), 4);
    EXPECT_THAT(RowsOf(all[0]), ElementsAre(1, 2));
    EXPECT_THAT(RowsOf(all[1]), ElementsAre(0, 2));
    EXPECT_THAT(RowsOf(all[2]), ElementsAre(3, 1));
    EXPECT_THAT(RowsOf(all[3]), ElementsAre(2, 1));
    EXPECT_NEAR(all[0][0].cosine, 0.98482, 1e-4);
    EXPECT_EQ(All(directions, 9, exact_up_to)[0].size(), 3);
  }
}

// The graph is held against the exact search.
TEST(NeighbourPairs, TheGraphFindsNearlyAll) {
  for (const at::ScalarType type : {at::kFloat, at::kHalf}) {
    const at::Tensor features =
        (at::randn({60, 1, 24}) + 0.5 * at::randn({60, 25, 24}))
            .view({1500, 24})
            .to(type);
    const auto exact = All(features, 8, 2000);
    const auto graph = All(features, 8, 0);
    ASSERT_EQ(exact.size(), 1500);
    ASSERT_EQ(graph.size(), 1500);
    int64_t same = 0;
    for (int64_t i = 0; i < 1500; ++i) {
      ASSERT_EQ(exact[i].size(), 8);
      const std::vector<int64_t> rows = RowsOf(exact[i]);
      const std::set<int64_t> known(rows.begin(), rows.end());
      EXPECT_EQ(known.count(i), 0);
      for (const Neighbour& one : graph[i]) {
        EXPECT_NE(one.row, i);
        same += known.count(one.row);
      }
      EXPECT_NEAR(graph[i][0].cosine, exact[i][0].cosine, 0.05);
    }
    EXPECT_GE(same, 0.97 * 1500 * 8);
  }
}

TEST(NeighbourPairs, EqualRowsAndZerosAreTaken) {
  const at::Tensor one = at::randn({1, 20});
  const at::Tensor features =
      at::cat({one, at::zeros({1, 20}), 3 * one, -one});  // [4, 20]
  for (const int64_t exact_up_to : {0, 100}) {
    const auto all = All(features, 1, exact_up_to);
    EXPECT_THAT(RowsOf(all[0]), ElementsAre(2));
    EXPECT_NEAR(all[0][0].cosine, 1, 1e-6);
    EXPECT_THAT(RowsOf(all[2]), ElementsAre(0));
    EXPECT_EQ(all[1][0].cosine, 0);
  }
}

TEST(NeighbourPairs, AnErrorEndsTheSearch) {
  int64_t calls = 0;
  for (const int64_t exact_up_to : {0, 100}) {
    NeighbourOptions options;
    options.exact_up_to = exact_up_to;
    const absl::Status status = ForEachNeighbours(
        at::randn({30, 4}), options, [&](int64_t row, const auto&) {
          ++calls;
          return row == 2 ? absl::DataLossError("full") : absl::OkStatus();
        });
    EXPECT_EQ(status.message(), "full");
  }
  EXPECT_EQ(calls, 6);
}

}  // namespace
}  // namespace caldera::eval
