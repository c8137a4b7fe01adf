// Specs and run folders of an earlier revision keep their meaning (README.md).
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file_testing.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/run_folder.h"

namespace caldera::ssl {
namespace {

constexpr char kFolder[] = "tests/compatibility/";

// Returns the specs that need no file of weights, each with its resolved text.
std::vector<std::pair<std::string, std::string>> ResolvedSpecs() {
  std::vector<std::pair<std::string, std::string>> specs;
  const std::string all =
      base::FileText(absl::StrCat(kFolder, "resolved_specs.txt"));
  for (const auto section : absl::StrSplit(all, "### ", absl::SkipEmpty())) {
    const std::pair<std::string, std::string> spec =
        absl::StrSplit(section, absl::MaxSplits('\n', 1));
    specs.push_back(spec);
  }
  return specs;
}

// Reads a resolved experiment from its text.
Experiment ReadBack(const std::string& text) {
  const std::string path = absl::StrCat(testing::TempDir(), "/resolved");
  base::WriteFile(path, text);
  const auto experiment = ReadResolvedExperiment(path);
  EXPECT_TRUE(experiment.ok()) << experiment.status();
  return experiment.ok() ? *experiment : Experiment();
}

TEST(Compatibility, EverySpecMeansWhatItMeant) {
  const auto specs = ResolvedSpecs();
  ASSERT_GT(specs.size(), 80);
  for (const auto& [name, text] : specs) {
    SCOPED_TRACE(name);
    const auto experiment = LoadExperiment(name, {});
    ASSERT_TRUE(experiment.ok()) << experiment.status();
    EXPECT_EQ(ExperimentText(*experiment), ExperimentText(ReadBack(text)));
  }
}

class RunFolderTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Runs, RunFolderTest,
                         testing::Values("m_mae", "cae", "crate_mae"));

TEST_P(RunFolderTest, IsResumed) {
  const std::string written = absl::StrCat(kFolder, "runs/", GetParam());
  const std::string path =
      absl::StrCat(base::NewFolder("resumed_run"), "/", GetParam());
  std::filesystem::copy(written, path,
                        std::filesystem::copy_options::recursive);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(path)) {
    std::filesystem::permissions(entry.path(),
                                 std::filesystem::perms::owner_write,
                                 std::filesystem::perm_options::add);
  }
  const auto experiment =
      ReadResolvedExperiment(path + "/experiment.textproto");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  const auto folder = RunFolder::Open(path, *experiment);
  ASSERT_TRUE(folder.ok()) << folder.status();
  TrainerOptions options;
  options.show_progress = false;
  const auto trainer = Trainer::Create(*experiment, options);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  const auto finished = (*trainer)->Run(&*folder);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_TRUE(*finished);

  // The steps after the checkpoint are those of the run that was not stopped,
  // but for the rounding of another processor.
  std::ifstream lines(absl::StrCat(written, "/metrics.jsonl"));
  std::vector<nlohmann::json> expected;
  for (std::string line; std::getline(lines, line);) {
    expected.push_back(nlohmann::json::parse(line));
  }
  const auto& rows = (*trainer)->metrics();
  ASSERT_EQ(expected.size(), 6);
  ASSERT_EQ(rows.size(), 6);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const auto& [key, value] : expected[i].items()) {
      ASSERT_TRUE(rows[i].contains(key)) << key;
      const double number = value.get<double>();
      EXPECT_NEAR(rows[i][key].get<double>(), number,
                  1e-4 * (1 + std::abs(number)))
          << "step " << i + 1 << " " << key;
    }
  }
}

}  // namespace
}  // namespace caldera::ssl
