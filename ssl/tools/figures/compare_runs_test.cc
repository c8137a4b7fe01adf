#include "ssl/tools/figures/compare_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CompareRuns, APanelForWhatAnyRunHas) {
  const RunCourse mae{"mae", {{"loss", {{5, 10}, {1, 2}, {0.5, 0.4}}}}};
  const RunCourse magma{"m_mae",
                        {{"loss", {{5}, {1}, {0.6}}},
                         {"magma", {{5}, {1}, {0.1}}},
                         {"online.knn_top1", {{10}, {2}, {80}}}}};
  const auto both = CompareRuns({mae, magma});
  ASSERT_TRUE(both.has_value());
  for (const char* text : {"Training loss", "Regularization loss, unweighted",
                           "k-NN during training", ">mae<", ">m_mae<"}) {
    EXPECT_THAT(*both, HasSubstr(text));
  }
  EXPECT_THAT(*both, Not(HasSubstr("Online linear probe")));
  EXPECT_THAT(*CompareRuns({mae}), Not(HasSubstr("unweighted")));
  EXPECT_FALSE(CompareRuns({}).has_value());
  EXPECT_FALSE(
      CompareRuns({{"none", {{"lr", {{5}, {1}, {0.1}}}}}}).has_value());
}

}  // namespace
}  // namespace caldera::ssl
