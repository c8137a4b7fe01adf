#include "ssl/tools/report/measure_name.h"

#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using nlohmann::json;

TEST(MeasureName, SaysWhatMakesAccuraciesComparable) {
  json knn = {{"task", "knn"},
              {"setting",
               {{"feature", "mean"},
                {"k", 10},
                {"distance", "cosine"},
                {"temperature", 0.07}}}};
  EXPECT_EQ(MeasureName(knn), "k-NN, k=10, cosine, T=0.07");
  knn["setting"]["measured_on"] = "validation";
  EXPECT_EQ(MeasureName(knn), "k-NN, k=10, cosine, T=0.07, validation");
  json linear = {{"task", "linear"},
                 {"setting", {{"l2", 1e-5}, {"standardize", true}}}};
  EXPECT_EQ(MeasureName(linear), "linear, l2=1e-05");
  linear["setting"]["standardize"] = false;
  EXPECT_EQ(MeasureName(linear), "linear, l2=1e-05, as it is");
  EXPECT_EQ(MeasureName({{"task", "classify"}}), "its own head");
}

TEST(MeasureName, RowsOfAnyTypesHaveAName) {
  EXPECT_EQ(MeasureName({{"task", "knn"}, {"setting", "k=10"}}),
            "k-NN, k=?, ?");
  EXPECT_EQ(MeasureName({{"task", "two\nlines"}}), "two\\nlines");
  EXPECT_EQ(MeasureName({{"task", 3}}), "3");
  EXPECT_EQ(MeasureName(json::object()), "?");
}

TEST(Directness, ItsOwnHeadThenTheProbeThenKnn) {
  EXPECT_GT(Directness({{"task", "classify"}}),
            Directness({{"task", "linear"}}));
  EXPECT_GT(Directness({{"task", "linear"}}), Directness({{"task", "knn"}}));
  EXPECT_GT(Directness({{"task", "knn"}}), Directness({{"task", "cka"}}));
  EXPECT_EQ(Directness(json::object()), -1);
}

}  // namespace
}  // namespace caldera::ssl
