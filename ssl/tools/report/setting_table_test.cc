#include "ssl/tools/report/setting_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/spec_fields.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::Pair;

Experiment Parsed(const std::string& text) {
  Experiment experiment;
  EXPECT_TRUE(base::ParseSpec(text, &experiment));
  return experiment;
}

TEST(FlatFields, ListsWhatIsSet) {
  EXPECT_THAT(
      FlatFields(
          Parsed("seed: 3 data { dataset: \"a\\\"b\" } mae {} "
                 "auxiliary { observe_only: true } auxiliary { magma {} } "
                 "eval { knn { k: [10, 20] } feature: CLS }")),
      ElementsAre(Pair("seed", "3"), Pair("data.dataset", "\"a\\\"b\""),
                  Pair("mae", "{}"), Pair("auxiliary[0].observe_only", "true"),
                  Pair("auxiliary[1].magma", "{}"),
                  Pair("eval.knn.k", "[10, 20]"),
                  Pair("eval.feature", "\"CLS\"")));
}

TEST(Differing, KeepsRowsThatAreNotAllEqual) {
  const auto rows = Beside({{{"a", "1"}, {"b", "2"}},
                            {{"a", "1"}, {"b", "3"}},
                            {{"a", "1"}, {"c", "4"}}});
  ASSERT_EQ(rows.size(), 3);
  const auto some = Differing(rows);
  ASSERT_EQ(some.size(), 2);
  EXPECT_EQ(some[0].name, "b");
  EXPECT_THAT(some[0].values, ElementsAre("2", "3", ""));
  EXPECT_EQ(some[1].name, "c");
  EXPECT_THAT(some[1].values, ElementsAre("", "", "4"));
  EXPECT_TRUE(Differing(Beside({{{"a", "1"}, {"b", "2"}}})).empty());
}

}  // namespace
}  // namespace caldera::ssl
