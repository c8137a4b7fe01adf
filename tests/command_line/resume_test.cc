// Goes on with runs under other settings, like a user: what changes no weight
// is taken, a longer training with --extend, the rest is refused or forked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string Pretrain(const std::string& run, const std::string& arguments) {
  const std::string path = testing::TempDir() + "/resume.textproto";
  std::ofstream(path) << R"(
inherit: "fashion_mnist/mae"
data { dataset: ")" << TinyData()
                      << R"(" }
encoder { image_size: 8 patch_size: 2 embed_dim: 16 depth: 1 num_heads: 2 }
mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } }
train { steps: 3 batch_size: 16 log_every_steps: 1 }
)";
  return "ssl/pretrain --threads=1 --noevaluate --spec=" + path +
         " --run=" + run + " " + arguments;
}

std::string Weights(const std::string& run, int step) {
  return Read(run + "/checkpoints/step_" + std::to_string(step) +
              "/model.safetensors");
}

// Returns a run of 3 steps.
std::string Trained(const std::string& name) {
  const std::string run = Fresh(name);
  const Outcome outcome = Start(Pretrain(run, ""));
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  return run;
}

TEST(Resume, TakesWhatChangesNoWeight) {
  const std::string run = Trained("free");
  const std::string weights = Weights(run, 3);
  for (const std::string change :
       {"data.loader.workers=2", "data.loader.prefetch=3",
        "data.loader.on_bad_image=SKIP", "train.log_every_steps=2",
        "train.checkpoint_every={steps:1}", "train.keep_checkpoints=3",
        "eval.knn.k=3", "encoder.checkpoint_blocks=true",
        "train.accumulate_steps=2"}) {
    const Outcome outcome = Start(Pretrain(run, "'" + change + "'"));
    EXPECT_EQ(outcome.status, 0) << change << ": " << outcome.text;
    const std::string path = change.substr(0, change.find('='));
    EXPECT_THAT(outcome.text, HasSubstr("note: " + path)) << change;
    EXPECT_THAT(Read(run + "/experiment.textproto"),
                HasSubstr("from step 3: " + path));
    // The next command has the spec's own value again.
    EXPECT_EQ(Start(Pretrain(run, "")).status, 0) << change;
  }
  EXPECT_EQ(Weights(run, 3), weights);
}

TEST(Resume, RefusesAnotherExperimentAndNamesTheWayOut) {
  const std::string run = Trained("refused");
  const std::string experiment = Read(run + "/experiment.textproto");
  for (const std::string change :
       {"train.batch_size=8", "optimizer.base_lr=2e-3", "train.precision=BF16",
        "seed=7", "train.steps=2"}) {
    const Outcome outcome = Start(Pretrain(run, change + " --extend"));
    EXPECT_EQ(outcome.status, 2) << change << ": " << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr(change.substr(0, change.find('='))));
    EXPECT_THAT(outcome.text, HasSubstr("--fork=" + run));
    EXPECT_EQ(Read(run + "/experiment.textproto"), experiment) << change;
  }
}

TEST(Resume, ExtendTrainsAFinishedRunFurther) {
  const std::string run = Trained("extended");
  const Outcome refused = Start(Pretrain(run, "train.steps=6"));
  EXPECT_EQ(refused.status, 2) << refused.text;
  EXPECT_THAT(refused.text, HasSubstr("--extend"));
  const Outcome outcome = Start(Pretrain(run, "train.steps=6 --extend"));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_NE(Weights(run, 6), "");
  EXPECT_THAT(Read(run + "/experiment.textproto"),
              HasSubstr("from step 3: train.steps: 3 -> 6 (extension"));
  const auto starts =
      nlohmann::json::parse(Read(run + "/provenance.json"))["starts"];
  ASSERT_EQ(starts.size(), 2);
  EXPECT_EQ(starts[1]["step"], 3);
  EXPECT_THAT(starts[1]["command"].get<std::string>(), HasSubstr("--extend"));
  // The same command resumes it from now on, and trains nothing more.
  EXPECT_EQ(Start(Pretrain(run, "train.steps=6")).status, 0);
}

TEST(Resume, ForkBeginsANewRunWithTheWeights) {
  const std::string run = Trained("forked");
  const std::string branch = Fresh("branch");
  const std::string command = Pretrain(
      branch, "--fork=" + run + " optimizer.base_lr=2e-3 train.steps=4");
  const Outcome outcome = Start(command);
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("0 missing, 0 left over"));
  EXPECT_THAT(Read(branch + "/provenance.json"), HasSubstr(run));
  EXPECT_NE(Weights(branch, 4), "");
  // The fork goes on, though the run has a newer checkpoint by now.
  EXPECT_EQ(Start(Pretrain(run, "train.steps=5 --extend")).status, 0);
  const Outcome again = Start(command);
  EXPECT_EQ(again.status, 0) << again.text;
  const Outcome lost =
      Start(Pretrain(Fresh("lost"), "--fork=" + run + "@2 train.steps=4"));
  EXPECT_EQ(lost.status, 2) << lost.text;
  EXPECT_THAT(lost.text, HasSubstr("has the checkpoints of the steps 5"));
}

TEST(Resume, KnowsASetThatMovedAndOneThatChanged) {
  const std::string data = Fresh("set");
  fs::copy(TinyData(), data, fs::copy_options::recursive);
  const std::string run = Fresh("moved"), moved = Fresh("elsewhere");
  ASSERT_EQ(Start(Pretrain(run, "data.dataset=" + data)).status, 0);
  fs::rename(data, moved);
  const std::string command = Pretrain(run, "data.dataset=" + moved);
  const Outcome outcome = Start(command);
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("(the same images)"));
  // Each byte of the pixels is another one; the header of IDX has 16 bytes.
  const std::string images = moved + "/train-images-idx3-ubyte";
  std::string bytes = Read(images);
  for (size_t i = 16; i < bytes.size(); ++i) bytes[i] ^= 1;
  std::ofstream(images, std::ios::binary) << bytes;
  const Outcome changed = Start(command);
  EXPECT_EQ(changed.status, 2) << changed.text;
  EXPECT_THAT(changed.text, HasSubstr("another data set"));
}

TEST(Resume, OtherCountsOfProcessesAndThreadsGoOn) {
  const std::string run = Fresh("counts"), calm = Fresh("calm");
  const std::string longer = "train.steps=6 'train.checkpoint_every={steps:3}'";
  ASSERT_EQ(Start(Pretrain(calm, longer)).status, 0);
  fs::create_directories(run + "/checkpoints");
  fs::copy(calm + "/checkpoints/step_3", run + "/checkpoints/step_3",
           fs::copy_options::recursive);
  fs::copy(calm + "/experiment.textproto", run + "/experiment.textproto");
  const Outcome outcome =
      Start(Pretrain(run, longer + " --processes=2 --threads=2"));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  const auto losses = [](const std::string& folder) {
    std::vector<double> values;
    std::ifstream file(folder + "/metrics.jsonl");
    for (std::string line; std::getline(file, line);) {
      const auto row = nlohmann::json::parse(line);
      if (row["step"] > 3) values.push_back(row["loss"].get<double>());
    }
    return values;
  };
  const auto alone = losses(calm), together = losses(run);
  ASSERT_EQ(alone.size(), 3);
  ASSERT_EQ(together.size(), 3);
  // Three updates at a small rate make little of a rounding of 1e-7; the same
  // images in another order, or another half of them, move the loss by 1e-2.
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(together[i], alone[i], 1e-4) << i;
}

}  // namespace
}  // namespace caldera
