#include "ssl/train/loop/provenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_testing.h"

namespace caldera::ssl {
namespace {

nlohmann::json Written(const std::string& path, const ProgramStart& start) {
  EXPECT_EQ(WriteProvenance(path, at::kCPU, start), absl::OkStatus());
  return nlohmann::json::parse(base::FileText(path));
}

TEST(WriteProvenance, HasALineForEachStart) {
  const std::string path = base::NewFolder("starts") + "/provenance.json";
  Written(path, {"pretrain --spec=a", /*step=*/0});
  const auto json = Written(path, {"pretrain --spec=a data.loader.workers=2",
                                   /*step=*/7,
                                   /*processes=*/2,
                                   {"data.loader.workers: 1 -> 2"}});
  EXPECT_EQ(json["device"], "cpu");
  ASSERT_EQ(json["starts"].size(), 2);
  EXPECT_EQ(json["starts"][0]["command"], "pretrain --spec=a");
  EXPECT_EQ(json["starts"][0]["step"], 0);
  EXPECT_EQ(json["starts"][1]["step"], 7);
  EXPECT_EQ(json["starts"][1]["processes"], 2);
  EXPECT_EQ(json["starts"][1]["threads"], json["threads"]);
  EXPECT_THAT(json["starts"][1]["changes"],
              testing::ElementsAre("data.loader.workers: 1 -> 2"));
  EXPECT_FALSE(json.contains("start"));
}

TEST(WriteProvenance, KeepsWhatBecameOfTheStartWeights) {
  const std::string path = base::NewFolder("weights") + "/provenance.json";
  ProgramStart start;
  start.weights.emplace();
  start.weights->file = "vit.safetensors";
  start.weights->taken = {"cls_token"};
  Written(path, start);
  const auto json = Written(path, {"again", /*step=*/3});
  EXPECT_EQ(json["start"]["encoder"], "vit.safetensors");
  EXPECT_THAT(json["start"]["taken"], testing::ElementsAre("cls_token"));
}

TEST(WriteProvenance, KeepsTheNewestHundredStarts) {
  const std::string path = base::NewFolder("many") + "/provenance.json";
  for (int64_t step = 0; step < 102; ++step) Written(path, {"again", step});
  const auto json = nlohmann::json::parse(base::FileText(path));
  ASSERT_EQ(json["starts"].size(), 100);
  EXPECT_EQ(json["starts"][0]["step"], 2);
  EXPECT_EQ(json["starts"][99]["step"], 101);
}

TEST(WriteProvenance, ADamagedFileCountsAsNone) {
  const std::string path = base::NewFolder("damaged") + "/provenance.json";
  for (const char* text : {"{\"starts\": [", "[]", "{\"starts\": 3}"}) {
    base::WriteFile(path, text);
    EXPECT_EQ(Written(path, {"a"})["starts"].size(), 1) << text;
  }
}

}  // namespace
}  // namespace caldera::ssl
