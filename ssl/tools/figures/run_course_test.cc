#include "ssl/tools/figures/run_course.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string WriteRows(const std::string& text) {
  const std::string path = testing::TempDir() + "/metrics.jsonl";
  std::ofstream(path) << text;
  return path;
}

TEST(ReadCourse, ACurveForEachNumber) {
  const auto course = ReadCourse(
      "a", WriteRows("{\"step\":5,\"epoch\":0.5,\"loss\":3,\"lr\":null}\n"
                     "{\"step\":5,\"epoch\":0.5,\"online.knn_top1\":80.5}\n"
                     "{\"step\":10,\"epoch\":1,\"loss\":2.5,\"lr\":0.1}\n"));
  ASSERT_TRUE(course.ok()) << course.status();
  EXPECT_EQ(course->name, "a");
  EXPECT_FALSE(course->cut_off);
  ASSERT_EQ(course->curves.size(), 3);
  const Curve& loss = course->curves.at("loss");
  EXPECT_THAT(loss.step, ElementsAre(5, 10));
  EXPECT_THAT(loss.epoch, ElementsAre(0.5, 1));
  EXPECT_THAT(loss.value, ElementsAre(3, 2.5));
  EXPECT_THAT(course->curves.at("lr").step, ElementsAre(10));
  EXPECT_THAT(course->curves.at("online.knn_top1").value, ElementsAre(80.5));
}

TEST(ReadCourse, LeavesOutAHalfWrittenLastLine) {
  const std::string whole = "{\"step\":1,\"epoch\":1,\"loss\":4}";
  const auto course = ReadCourse("a", WriteRows(whole + "\n{\"step\":2,\"epo"));
  ASSERT_TRUE(course.ok()) << course.status();
  EXPECT_TRUE(course->cut_off);
  EXPECT_THAT(course->curves.at("loss").value, ElementsAre(4));
  // A line that lacks only its line end counts.
  const auto complete = ReadCourse("a", WriteRows(whole));
  ASSERT_TRUE(complete.ok());
  EXPECT_FALSE(complete->cut_off);
  EXPECT_EQ(complete->curves.size(), 1);
}

TEST(ReadCourse, NamesABrokenLine) {
  const std::string whole = "{\"step\":1,\"epoch\":1}\n";
  for (const std::string broken :
       {"rubbish\n", "[1]\n", "{\"epoch\":2}\n", "{\"step\":\"2\"}\n"}) {
    for (const std::string& after : {std::string(), whole}) {
      const auto course = ReadCourse("a", WriteRows(whole + broken + after));
      EXPECT_EQ(course.status().code(), absl::StatusCode::kDataLoss);
      EXPECT_THAT(std::string(course.status().message()),
                  HasSubstr("metrics.jsonl:2: no JSON object with"));
    }
  }
  EXPECT_EQ(ReadCourse("a", "/no/such").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace caldera::ssl
