#include "ssl/figures/compare_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string WriteRows(const std::string& text) {
  const std::string path = testing::TempDir() + "/metrics.jsonl";
  std::ofstream(path) << text;
  return path;
}

TEST(ReadCourse, LeavesOutAHalfWrittenLastLine) {
  const auto course =
      ReadCourse("a", WriteRows("{\"epoch\": 1}\n{\"epoch\": 2}\n{\"epo"));
  ASSERT_TRUE(course.ok()) << course.status();
  ASSERT_EQ(course->rows.size(), 2);
  EXPECT_EQ(course->rows[1]["epoch"], 2);
}

TEST(ReadCourse, NamesABrokenLine) {
  const auto course =
      ReadCourse("a", WriteRows("{\"epoch\": 1}\nrubbish\n{\"epoch\": 2}\n"));
  EXPECT_THAT(std::string(course.status().message()),
              HasSubstr("metrics.jsonl:2: no JSON object"));
  EXPECT_EQ(ReadCourse("a", "/no/such").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(CompareRuns, APanelForWhatAnyRunHas) {
  const RunCourse mae{
      "mae", {{{"epoch", 1}, {"loss", 0.5}}, {{"epoch", 2}, {"loss", 0.4}}}};
  const RunCourse magma{"m_mae",
                        {{{"epoch", 1}, {"loss", 0.6}, {"magma", 0.1}},
                         {{"epoch", 2}, {"online.knn_top1", 80.0}}}};
  const auto both = CompareRuns({mae, magma});
  ASSERT_TRUE(both.has_value());
  for (const char* text : {"Training loss", "unweighted",
                           "k-NN during training", ">mae<", ">m_mae<"}) {
    EXPECT_THAT(*both, HasSubstr(text));
  }
  EXPECT_THAT(*both, Not(HasSubstr("Online linear probe")));
  EXPECT_THAT(*CompareRuns({mae}), Not(HasSubstr("unweighted")));
  EXPECT_FALSE(CompareRuns({}).has_value());
  EXPECT_FALSE(CompareRuns({{"none", {{{"epoch", 1}}}}}).has_value());
}

}  // namespace
}  // namespace caldera::ssl
