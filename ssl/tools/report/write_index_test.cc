#include "ssl/tools/report/write_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/file_testing.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// Two settings, the first of two seeds.
RunGroups TwoGroups() {
  RunGroups groups;
  groups.measures = {"linear", "k-NN"};
  RunGroup a;
  a.runs = {{"mae/lr=1 <b>/seed_0", "0", true, true, ""},
            {"mae/lr=1 <b>/seed_1", "1", false, false, "cut off"}};
  a.fields = {{"optimizer.base_lr", "0.001"}, {"train.steps", "5"}};
  a.measures["linear"] = {"cls", 74, 4.25, 2};
  RunGroup b;
  b.runs = {{"mae/plain", "0", true, true, ""}};
  b.fields = {{"optimizer.base_lr", "0.003"}, {"train.steps", "5"}};
  b.measures["linear"] = {"mean", 70, 0, 1};
  b.measures["k-NN"] = {"mean", 60, 0, 1};
  groups.groups = {a, b};
  return groups;
}

TEST(IndexView, HasARowForEachSetting) {
  const json view = IndexView("sweeps/a", TwoGroups(), "../a/");
  ASSERT_EQ(view["groups"].size(), 2);
  // Only what differs has a column.
  ASSERT_EQ(view["fields"].size(), 1);
  EXPECT_EQ(view["fields"][0]["name"], "optimizer.base_lr");
  const json& a = view["groups"][0];
  EXPECT_EQ(a["name"], "mae/lr=1 <b>");
  EXPECT_EQ(a["values"][0]["text"], "0.001");
  EXPECT_EQ(a["measures"][0]["text"], "74.00 ± 4.25");
  EXPECT_EQ(a["measures"][0]["best"], true);
  EXPECT_EQ(a["measures"][1]["text"], "");
  EXPECT_EQ(a["measures"][1]["best"], false);
  EXPECT_EQ(a["state"], "1 of 2 finished");
  EXPECT_EQ(a["runs"][0]["link"],
            "../a/mae/lr%3D1%20%3Cb%3E/seed_0/report.html");
  const json& b = view["groups"][1];
  EXPECT_EQ(b["name"], "mae/plain");
  EXPECT_EQ(b["measures"][0]["text"], "70.00");
  EXPECT_EQ(b["measures"][0]["best"], false);
  EXPECT_EQ(b["state"], "finished");
  EXPECT_EQ(view["notes"][0]["text"], "cut off");
  EXPECT_THAT(view["summary"].get<std::string>(),
              HasSubstr("2 settings, 3 runs"));
}

TEST(IndexView, CountsTheFieldsThatHaveNoColumn) {
  RunGroups groups = TwoGroups();
  for (int i = 0; i < 20; ++i) {
    groups.groups[0].fields.emplace_back("a" + std::to_string(i), "0");
  }
  const json view = IndexView("a", groups, "");
  ASSERT_EQ(view["fields"].size(), kMostFieldColumns);
  // What every setting has stands first.
  EXPECT_EQ(view["fields"][0]["name"], "optimizer.base_lr");
  EXPECT_THAT(view["summary"].get<std::string>(),
              HasSubstr("5 more fields differ"));
}

TEST(WriteIndex, WritesAPageThatLoadsNothing) {
  const std::string folder = base::NewFolder("indexed");
  std::filesystem::create_directories(folder + "/a<script>/seed_0");
  base::WriteFile(folder + "/a<script>/seed_0/metrics.jsonl", "");
  base::WriteFile(folder + "/a<script>/seed_0/report.html", "");
  const std::string path = folder + "/index.html";
  const absl::Status status = WriteIndex(folder + "/", path);
  ASSERT_TRUE(status.ok()) << status;
  std::ifstream file(path);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(page, HasSubstr("<a href=\"a%3Cscript%3E/seed_0/report.html\">"));
  EXPECT_THAT(page, HasSubstr("a&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("aria-sort"));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_THAT(page, Not(HasSubstr("<script src")));

  // From elsewhere the links lead back.
  std::filesystem::create_directories(folder + "/pages");
  ASSERT_TRUE(WriteIndex(folder + "/a<script>", folder + "/pages/i.html").ok());
  std::ifstream moved(folder + "/pages/i.html");
  const std::string second{std::istreambuf_iterator<char>(moved), {}};
  EXPECT_THAT(second,
              HasSubstr("href=\"../a%3Cscript%3E/seed_0/report.html\""));
}

}  // namespace
}  // namespace caldera::ssl
