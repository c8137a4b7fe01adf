#include "ssl/tools/sweep/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file_testing.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/tools/sweep/sweep_plan.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::IsNull;
using testing::NotNull;

SweepRun RunOf(const std::string& spec, uint64_t seed,
               const std::vector<std::string>& overrides = {}) {
  const auto runs =
      PlanSweep(spec, std::to_string(seed), testing::TempDir(), overrides);
  EXPECT_TRUE(runs.ok()) << runs.status();
  return runs->at(0);
}

LedgerLine Line(const SweepRun& run) {
  return {run.setting,
          run.seed,
          Resolved(run.experiment),
          "knn",
          {{{"top1", 85.5}}},
          {{"encoder", "0", {{{"top1", 70.5}}}}, {"pixels", "", {}}}};
}

std::string Path(const std::string& name) {
  return base::NewFolder(name) + "/runs.jsonl";
}

std::string Text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Ledger, ALineIsFoundAgain) {
  const std::string path = Path("again");
  const SweepRun run = RunOf("fashion_mnist/mae", 0);
  auto ledger = Ledger::Open(path);
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_THAT(ledger->Find(run, "knn"), IsNull());
  ASSERT_TRUE(ledger->Add(Line(run)).ok());
  const auto read = Ledger::Open(path);
  ASSERT_TRUE(read.ok()) << read.status();
  for (const Ledger* one :
       std::initializer_list<const Ledger*>{&*ledger, &*read}) {
    const LedgerLine* line = one->Find(run, "knn");
    ASSERT_THAT(line, NotNull());
    EXPECT_EQ(line->rows.at(0)["top1"], 85.5);
    ASSERT_THAT(one->FindFloor("encoder", "0"), NotNull());
    EXPECT_EQ(one->FindFloor("encoder", "0")->rows.at(0)["top1"], 70.5);
    EXPECT_THAT(one->FindFloor("pixels", ""), NotNull());
    EXPECT_THAT(one->FindFloor("encoder", "1"), IsNull());
    EXPECT_THAT(one->FindFloor("encode", "0"), IsNull());
  }
}

TEST(Ledger, AnotherRunIsNotTakenForIt) {
  const SweepRun run = RunOf("fashion_mnist/mae", 0);
  auto ledger = Ledger::Open(Path("others"));
  ASSERT_TRUE(ledger.ok() && ledger->Add(Line(run)).ok());
  EXPECT_THAT(ledger->Find(run, "linear"), IsNull());
  EXPECT_THAT(ledger->Find(RunOf("fashion_mnist/mae", 1), "knn"), IsNull());
  EXPECT_THAT(ledger->Find(RunOf("fashion_mnist/u_mae", 0), "knn"), IsNull());
  EXPECT_THAT(
      ledger->Find(RunOf("fashion_mnist/mae", 0, {"train.steps=7"}), "knn"),
      IsNull());
  // These change no weight.
  EXPECT_THAT(ledger->Find(RunOf("fashion_mnist/mae", 0,
                                 {"data.loader.workers=7", "eval.memory_gb=3"}),
                           "knn"),
              NotNull());
}

TEST(Ledger, TheLastLineOfARunCounts) {
  const SweepRun run = RunOf("fashion_mnist/mae", 0);
  auto ledger = Ledger::Open(Path("last"));
  ASSERT_TRUE(ledger.ok());
  LedgerLine line = Line(run);
  ASSERT_TRUE(ledger->Add(line).ok());
  line.rows[0]["top1"] = 86.5;
  ASSERT_TRUE(ledger->Add(line).ok());
  EXPECT_EQ(ledger->Find(run, "knn")->rows[0]["top1"], 86.5);
}

TEST(Ledger, LinesBeforeStayAsTheyAre) {
  const std::string path = Path("stay");
  const SweepRun run = RunOf("fashion_mnist/mae", 0);
  {
    auto ledger = Ledger::Open(path);
    ASSERT_TRUE(ledger.ok() && ledger->Add(Line(run)).ok());
  }
  std::string before = Text(path);
  ASSERT_EQ(before.back(), '\n');
  before.pop_back();  // as an editor may leave it
  std::ofstream(path) << before;
  auto ledger = Ledger::Open(path);
  ASSERT_TRUE(ledger.ok() && ledger->Add(Line(run)).ok());
  const std::string after = Text(path);
  EXPECT_EQ(after.substr(0, before.size() + 1), before + "\n");
  EXPECT_EQ(after, before + "\n" + before + "\n");
}

TEST(Ledger, ADamagedLineIsNamed) {
  const SweepRun run = RunOf("fashion_mnist/mae", 0);
  const std::string good_path = Path("good");
  {
    auto ledger = Ledger::Open(good_path);
    ASSERT_TRUE(ledger.ok() && ledger->Add(Line(run)).ok());
  }
  const std::string good = Text(good_path);
  const auto without = [&](const char* key) {
    auto line = nlohmann::json::parse(good);
    line.erase(key);
    return line.dump();
  };
  for (const std::string& bad :
       {std::string("{"), std::string("[]"), std::string("7"),
        good.substr(0, good.size() / 2), without("setting"), without("seed"),
        without("experiment"), without("settings"), without("rows"),
        without("floors")}) {
    const std::string path = Path("bad");
    std::ofstream(path) << good << bad << "\n";
    const auto ledger = Ledger::Open(path);
    EXPECT_EQ(ledger.status().code(), absl::StatusCode::kInvalidArgument)
        << bad;
    EXPECT_THAT(ledger.status().message(), HasSubstr("runs.jsonl:2: "));
    EXPECT_THAT(ledger.status().message(), HasSubstr("remove the line"));
  }
  const std::string path = Path("unknown");
  auto line = nlohmann::json::parse(good);
  line["experiment"] = "mae { no_such_field: 1 }";
  std::ofstream(path) << line.dump() << "\n";
  EXPECT_THAT(Ledger::Open(path).status().message(),
              HasSubstr("no_such_field"));
}

TEST(Ledger, WithoutAFileNothingIsKept) {
  Ledger ledger;
  const SweepRun run = RunOf("fashion_mnist/mae", 0);
  EXPECT_TRUE(ledger.Add(Line(run)).ok());
  EXPECT_FALSE(ledger.open());
  EXPECT_THAT(ledger.Find(run, "knn"), IsNull());
}

}  // namespace
}  // namespace caldera::ssl
