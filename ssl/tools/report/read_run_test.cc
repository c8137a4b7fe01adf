#include "ssl/tools/report/read_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file_testing.h"
#include "ssl/tensorboard/event_file.h"
#include "ssl/tools/report/setting_table.h"

namespace caldera::ssl {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// A run folder with an experiment and a log of three steps.
std::string WriteRun(const std::string& name) {
  const std::string run = base::FreshFolder(name);
  std::filesystem::create_directories(run);
  std::ofstream(run + "/experiment.textproto")
      << "seed: 7 data { dataset: \"/where/it/lies/images\" } "
         "mae { mask_ratio: 0.75 } regularizer { magma {} observe_only: true } "
         "train { steps: 30 batch_size: 64 }";
  std::ofstream(run + "/provenance.json") << R"({"device": "cpu"})";
  std::ofstream(run + "/results.json") << R"([{"task": "knn"}])";
  std::ofstream metrics(run + "/metrics.jsonl");
  for (const int step : {10, 20, 30}) {
    metrics << "{\"step\":" << step << ",\"epoch\":" << step / 20.
            << ",\"loss\":0.5}\n";
  }
  return run;
}

TEST(ReadRun, ReadsAllOfAFolder) {
  const std::string path = WriteRun("whole");
  auto events = EventFile::Create(path + "/tensorboard", 0);
  ASSERT_TRUE(events.ok()) << events.status();
  events->Scalars(10, {{kImagesPerSecond, 0}});  // not known yet
  events->Scalars(20, {{kImagesPerSecond, 500}});
  events->Scalars(25, {{kImagesPerSecond, 600}});  // no step of the log
  events->Scalars(30, {{kImagesPerSecond, 700}});
  ASSERT_TRUE(events->Flush().ok());
  const auto run = ReadRun(path, "a/whole");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->name, "a/whole");
  EXPECT_THAT(run->notes, IsEmpty());
  ASSERT_TRUE(run->experiment.has_value());
  EXPECT_EQ(run->experiment->seed(), 7);
  EXPECT_THAT(run->experiment_text, HasSubstr("\"…/lies/images\""));
  EXPECT_EQ(run->provenance["device"], "cpu");
  EXPECT_EQ(run->results.size(), 1);
  EXPECT_THAT(run->course.curves.at("loss").step, ElementsAre(10, 20, 30));
  const Curve& speed = run->course.curves.at(kImagesPerSecond);
  EXPECT_THAT(speed.step, ElementsAre(20, 30));
  EXPECT_THAT(speed.epoch, ElementsAre(1, 1.5));
  EXPECT_THAT(speed.value, ElementsAre(500, 700));
}

TEST(ReadRun, SaysWhatIsMissing) {
  const std::string path = base::FreshFolder("bare");
  std::filesystem::create_directories(path);
  std::ofstream(path + "/metrics.jsonl") << "{\"step\":10,";
  std::ofstream(path + "/provenance.json") << "{";
  const auto run = ReadRun(path, "bare");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(
      run->notes,
      ElementsAre("There is no experiment.textproto.",
                  "There is no readable provenance.json.",
                  "The last line of metrics.jsonl was cut off and is left out.",
                  "Nothing was logged yet.", "Nothing was measured yet."));
  EXPECT_THAT(RunFacts(*run), IsEmpty());
}

TEST(RunFacts, SayWhatWasRun) {
  const auto run = ReadRun(WriteRun("facts"), "facts");
  ASSERT_TRUE(run.ok()) << run.status();
  const Fields facts = RunFacts(*run);
  for (const auto& [name, value] :
       Fields{{"Method", "mae, 75 % masked + magma (observed)"},
              {"Data", "…/lies/images, train"},
              {"Length", "30 steps in batches of 64"},
              {"Seed", "7"},
              {"Logged until", "step 30, epoch 1.5"},
              {"Device", "cpu"}}) {
    EXPECT_THAT(facts, Contains(Pair(name, value)));
  }
}

}  // namespace
}  // namespace caldera::ssl
