#include "eval/results.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

std::string NewPath(const std::string& name) {
  const auto path =
      std::filesystem::path(testing::TempDir()) / ("results_" + name + ".json");
  std::filesystem::remove(path);
  return path;
}

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST(ResultsTest, MeasuringAgainReplacesTheRow) {
  const std::string path = NewPath("again");
  const json setting = {{"k", 10}};
  json row = {{"features", "a"}, {"task", "knn"}, {"setting", setting}};
  ASSERT_TRUE(AppendResult(path, row).ok());
  row["top1"] = 80.5;
  ASSERT_TRUE(AppendResult(path, row).ok());
  row["setting"] = {{"k", 20}};
  ASSERT_TRUE(AppendResult(path, row).ok());
  const auto rows = ReadResults(path);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ((*rows)[0]["top1"], 80.5);
}

TEST(ResultsTest, AppendsRowsInOrder) {
  const std::string path = NewPath("order");
  ASSERT_TRUE(AppendResult(path, {{"task", "a"}, {"top1", 84.25}}).ok());
  ASSERT_TRUE(AppendResult(path, {{"task", "b"}}).ok());
  const auto rows = ReadResults(path);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ((*rows)[0]["top1"], 84.25);
  EXPECT_EQ((*rows)[1]["task"], "b");
}

TEST(ResultsTest, AFileThatIsNotThereHasNoRows) {
  const auto rows = ReadResults(NewPath("missing"));
  ASSERT_TRUE(rows.ok());
  EXPECT_TRUE(rows->empty());
}

TEST(ResultsTest, ADamagedFileIsNamedAndKept) {
  for (const std::string text :
       {"", "[{\"top1\": 1}", "{}", "[1]", "\x80", "[{}] x"}) {
    const std::string path = NewPath("damaged");
    Write(path, text);
    const absl::Status status = AppendResult(path, json::object());
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_EQ(std::string(status.message()).find(path + ": "), 0);
    EXPECT_EQ(std::filesystem::file_size(path), text.size());
  }
}

TEST(ResultsTest, AFolderInItsPlaceIsAnError) {
  const std::string path = testing::TempDir() + "/folder_in_its_place";
  std::filesystem::create_directory(path);
  EXPECT_EQ(ReadResults(path).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(AppendResult(path, {{"features", "mean"}}).ok());
}

TEST(ResultsTest, OnlyObjectsAreRows) {
  EXPECT_EQ(AppendResult(NewPath("number"), json(3)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ResultsTest, NanAndBrokenUtf8DoNotBreakTheFile) {
  const std::string path = NewPath("nan");
  ASSERT_TRUE(
      AppendResult(path, {{"top1", std::nan("")}, {"task", "\xff"}}).ok());
  const auto rows = ReadResults(path);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE((*rows)[0]["top1"].is_null());
}

// The names of folders may have any bytes.
TEST(ResultsTest, NamesThatAreNoUtf8StayApartAndAreReplaced) {
  const std::string path = NewPath("latin");
  for (const char* data : {"Gr\xF6", "Gr\xF7", "Gr\xF6"}) {
    ASSERT_TRUE(AppendResult(path, {{"features", "mean"},
                                    {"task", "knn"},
                                    {"setting", {{"data", data}}}})
                    .ok());
  }
  const auto rows = ReadResults(path);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ((*rows)[0]["setting"]["data"], "Gr\\xF6");
  EXPECT_EQ((*rows)[1]["setting"]["data"], "Gr\\xF7");
}

TEST(ResultsTest, NoRowOfSimultaneousWritersIsLost) {
  const std::string path = NewPath("threads");
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&path, t] {
      for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(AppendResult(path, {{"task", t * 5 + i}}).ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(ReadResults(path)->size(), 20);
}

TEST(ResultsTest, TableLinesUp) {
  const std::vector<json> rows = {
      {{"features", "mean"},
       {"task", "k-NN"},
       {"setting", {{"distance", "cosine"}, {"k", 10}}},
       {"top1", 84.2},
       {"top5", 97}},
      {{"features", "a|b"}, {"task", "probe"}, {"top1", nullptr}}};
  EXPECT_EQ(ResultsTable(rows),
            "| features | task  | setting              |  top1 | top5 |\n"
            "|----------|-------|----------------------|------:|-----:|\n"
            "| mean     | k-NN  | distance=cosine k=10 | 84.20 |   97 |\n"
            "| a\\|b     | probe | -                    |     - |    - |\n");
}

TEST(ResultsTest, ANameKeepsToItsCell) {
  const std::string table = ResultsTable({{{"features", "a\nb\t\xF6\x1B[2J"}}});
  EXPECT_NE(table.find("| a\\nb\\t\\xF6\\x1B[2J |"), std::string::npos)
      << table;
}

TEST(ResultsTest, TablesByTheKindOfRow) {
  EXPECT_EQ(ResultTables({}), "");
  const json knn = {
      {"features", "mean"}, {"task", "knn"}, {"top1", 1.0}, {"top5", 2.0}};
  json skipped = knn;
  skipped["skipped"] = 3;
  const json diagnostics = {
      {"features", "mean"}, {"task", "diagnostics"}, {"effective_rank", 7.5}};
  const json cka = {{"features", "mean"},
                    {"task", "cka"},
                    {"setting", {{"other", "mean"}}},
                    {"readouts", {{{"block", 0}, {"norm", false}}}},
                    {"other_readouts", {{{"block", 0}, {"norm", false}}}},
                    {"cka", {{1.0}}}};
  EXPECT_EQ(ResultTables({knn}), ResultsTable({knn}));
  const std::string tables = ResultTables({knn, skipped, diagnostics, cka});
  EXPECT_NE(tables.find("| top1 | top5 | skipped |"), std::string::npos);
  EXPECT_NE(tables.find("| effective_rank |"), std::string::npos);
  EXPECT_NE(tables.find("CKA of mean"), std::string::npos);
}

TEST(ResultsTest, WhatAllSettingsHaveStandsBelowTheTable) {
  const auto row = [](const char* features, const char* task, json setting) {
    return json{{"features", features},
                {"task", task},
                {"top1", 1.0},
                {"top5", 2.0},
                {"setting", std::move(setting)}};
  };
  EXPECT_EQ(ResultTables({row("a", "knn", {{"block", 5}, {"k", 10}}),
                          row("a", "linear", {{"block", 5}, {"l2", 1}}),
                          row("pixels", "knn", {{"k", 10}})}),
            "| features | task   | setting      | top1 | top5 |\n"
            "|----------|--------|--------------|-----:|-----:|\n"
            "| a        | knn    | block=5      | 1.00 | 2.00 |\n"
            "| a        | linear | block=5 l2=1 | 1.00 | 2.00 |\n"
            "| pixels   | knn    | -            | 1.00 | 2.00 |\n"
            "\n"
            "knn: k=10\n");
}

TEST(ResultsTest, AnEmptyTableIsItsHead) {
  EXPECT_EQ(ResultsTable({}),
            "| features | task | setting | top1 | top5 |\n"
            "|----------|------|---------|-----:|-----:|\n");
}

}  // namespace
}  // namespace caldera::eval
