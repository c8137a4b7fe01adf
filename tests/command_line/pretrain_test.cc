// Starts the binaries like a user: a tiny run to the end, and every mistake in
// the call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

std::string TinySpec() {
  const std::string path = testing::TempDir() + "/tiny.textproto";
  std::ofstream(path) << R"(
inherit: "fashion_mnist/m_mae"
data { dataset: ")" << TinyData()
                      << R"(" }
encoder { image_size: 8 patch_size: 2 embed_dim: 16 depth: 2 num_heads: 2 }
mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } }
train { steps: 20 batch_size: 16 log_every_steps: 5 }
)";
  return path;
}

std::string Pretrain(const std::string& arguments) {
  return "ssl/pretrain --threads=1 " + arguments;
}

// Expects a mistake: one line that begins with "error: ", and status 2.
void ExpectMistake(const std::string& command, const std::string& part) {
  const Outcome outcome = Start(command);
  EXPECT_EQ(outcome.status, 2) << command << "\n" << outcome.text;
  EXPECT_THAT(outcome.text, testing::StartsWith("error: ")) << command;
  EXPECT_THAT(outcome.text, HasSubstr(part)) << command;
  EXPECT_EQ(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 1)
      << outcome.text;
}

TEST(Pretrain, ATinyRunLeavesACompleteFolder) {
  const std::string run = Fresh("complete");
  const Outcome outcome =
      Start(Pretrain("--spec=" + TinySpec() + " --run=" + run));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("step 20/20"));
  EXPECT_THAT(outcome.text, HasSubstr("raw pixels"));
  EXPECT_THAT(outcome.text, HasSubstr("random encoder"));
  EXPECT_THAT(outcome.text, HasSubstr("run folder: " + run));
  for (const char* file :
       {"experiment.textproto", "provenance.json", "metrics.jsonl",
        "encoder.safetensors", "results.json", "report.html",
        "images/reconstructions.png", "images/loss.svg",
        "checkpoints/step_20/model.safetensors",
        "checkpoints/step_20/optimizer.safetensors",
        "checkpoints/step_20/manifest.json"}) {
    EXPECT_TRUE(fs::exists(run + "/" + file)) << file;
  }
  const auto rows = nlohmann::json::parse(Read(run + "/results.json"));
  EXPECT_EQ(rows.size(), 6);
  EXPECT_THAT(Read(run + "/provenance.json"), HasSubstr("libtorch"));

  // The same command again finds the work done.
  const std::string metrics = Read(run + "/metrics.jsonl");
  ASSERT_EQ(Start(Pretrain("--spec=" + TinySpec() + " --run=" + run)).status,
            0);
  EXPECT_EQ(Read(run + "/metrics.jsonl"), metrics);
  EXPECT_EQ(nlohmann::json::parse(Read(run + "/results.json")), rows);

  ExpectMistake(Pretrain("--spec=" + TinySpec() + " --run=" + run +
                         " train.batch_size=8"),
                "train.batch_size: 16 -> 8");

  // The encoder can be measured on its own.
  for (const char* task : {"knn", "linear"}) {
    const Outcome probe =
        Start(std::string("eval/probe --threads=1 --task=") + task +
              " --eval='feature: CLS' --checkpoint=" + run);
    EXPECT_EQ(probe.status, 0) << probe.text;
    EXPECT_THAT(probe.text, HasSubstr("feature=cls"));
  }
  EXPECT_EQ(nlohmann::json::parse(Read(run + "/results.json")).size(), 8);
}

TEST(Pretrain, ATermSignalLeavesACheckpointToGoOnFrom) {
  const std::string run = Fresh("signalled"), whole = Fresh("unsignalled");
  const std::string arguments =
      "--spec=" + TinySpec() + " train.steps=400 --run=";
  ASSERT_EQ(Start(Pretrain(arguments + whole)).status, 0);
  // The shell waits for the first log line, then ends the run.
  const Outcome stopped = Start(
      "sh -c '" + Pretrain(arguments + run) + " & pid=$!; while [ ! -s " + run +
      "/metrics.jsonl ]; do sleep 0.05; done; kill -TERM $pid; wait $pid'");
  EXPECT_EQ(stopped.status, 128 + SIGTERM) << stopped.text;
  EXPECT_THAT(stopped.text, HasSubstr("the same command goes on"));
  EXPECT_FALSE(fs::exists(run + "/encoder.safetensors"));
  const Outcome resumed = Start(Pretrain(arguments + run));
  EXPECT_EQ(resumed.status, 0) << resumed.text;
  EXPECT_THAT(resumed.text, HasSubstr("going on from"));
  EXPECT_TRUE(Read(run + "/encoder.safetensors") ==
              Read(whole + "/encoder.safetensors"));
}

TEST(Pretrain, HelpFitsAScreenAndDryRunPrintsTheExperiment) {
  const Outcome help = Start(Pretrain("--help"));
  EXPECT_EQ(help.status, 0);
  EXPECT_LE(std::count(help.text.begin(), help.text.end(), '\n'), 24);
  EXPECT_THAT(help.text, HasSubstr("--spec"));
  const Outcome dry =
      Start(Pretrain("--spec=" + TinySpec() + " --run=" + Fresh("dry") +
                     " --dry_run train.epochs=3"));
  EXPECT_EQ(dry.status, 0) << dry.text;
  EXPECT_THAT(dry.text, HasSubstr("epochs: 3"));
  EXPECT_THAT(dry.text, HasSubstr("magma"));
  EXPECT_THAT(dry.text, HasSubstr("beta2: 0.95"));
  EXPECT_THAT(dry.text, Not(HasSubstr("inherit")));
  EXPECT_THAT(dry.text, HasSubstr("\n# steps       18 of 16 images"));
  EXPECT_THAT(dry.text, HasSubstr("(median of 3 after the first"));
  EXPECT_FALSE(fs::exists(testing::TempDir() + "/dry"));
  // The output is a spec.
  const std::string again = testing::TempDir() + "/again.textproto";
  std::ofstream(again) << dry.text;
  EXPECT_EQ(Start(Pretrain("--dry_run --spec=" + again)).status, 0);
}

TEST(Pretrain, ExplainsTheFieldsOfASpec) {
  const Outcome all = Start(Pretrain("--explain --threads=1"));
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.text, HasSubstr("\n  mae.mask_ratio  number, default 0.75"));
  EXPECT_THAT(all.text, HasSubstr("\n  optimizer.base_lr  number"));
  EXPECT_LT(std::count(all.text.begin(), all.text.end(), '\n'), 2000);
  for (const char* one : {"--explain=train.keep_checkpoints",
                          "--explain train.keep_checkpoints"}) {
    const Outcome field = Start(Pretrain(one));
    EXPECT_EQ(field.status, 0);
    EXPECT_THAT(field.text, testing::MatchesRegex(
                                "train.keep_checkpoints  integer, default 2.*\n"
                                "    The newest so many stay.\n"));
  }
  const Outcome wrong = Start(Pretrain("--explain=mae.maskin"));
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(wrong.text,
            "error: --explain: there is no mae.maskin; did you mean "
            "mae.masking?\n");
}

TEST(Pretrain, ADryRunDoesWithoutTheDataSet) {
  const Outcome dry = Start(
      Pretrain("--spec=" + TinySpec() + " --dry_run data.dataset=/no/such"));
  EXPECT_EQ(dry.status, 0) << dry.text;
  EXPECT_THAT(dry.text, HasSubstr("\n# FLOP/image  "));
  EXPECT_THAT(dry.text, HasSubstr("\n# time        not known: "));
}

TEST(Pretrain, ProfilesTheStepsThatItIsAskedFor) {
  const std::string run = Fresh("profiled");
  const Outcome outcome =
      Start(Pretrain("--spec=" + TinySpec() + " --run=" + run +
                     " --profile_steps=10:12 --noevaluate"));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("| forward "));
  EXPECT_THAT(outcome.text, HasSubstr(run + "/profile/trace_10_12.json"));
  EXPECT_TRUE(fs::exists(run + "/profile/trace_10_12.json"));
  EXPECT_THAT(Read(run + "/profile/table.md"), HasSubstr("| forward "));
}

TEST(Pretrain, MistakesInTheCall) {
  const std::string run = " --run=" + Fresh("mistakes");
  const std::string spec = "--spec=" + TinySpec() + run;
  const std::string nowhere = Fresh("no_data");
  fs::create_directories(nowhere);
  ExpectMistake(Pretrain(run), "--spec is missing");
  ExpectMistake(Pretrain("--spec=fashion_mnist/m_mea" + run),
                "did you mean \"fashion_mnist/m_mae\"?");
  ExpectMistake(Pretrain("--sepc=x"), "did you mean --spec?");
  ExpectMistake(Pretrain(spec + " train.epoch=5"), "did you mean \"epochs\"?");
  ExpectMistake(Pretrain(spec + " mae.mask_ratio=2"), "mae.mask_ratio: 2");
  ExpectMistake(Pretrain(spec + " encoder.patch_size=3"), "does not divide");
  ExpectMistake(Pretrain(spec + " train.batch_size=1000"), "1000");
  ExpectMistake(Pretrain(spec + " --device=tpu"), "auto, cpu or cuda");
  ExpectMistake(Pretrain(spec + " --threads=-1"), "--threads=-1");
  ExpectMistake(Pretrain(spec + " --profile_steps=10:5"), "is empty");
  ExpectMistake(Pretrain(spec + " --profile_steps=-1:3"), "before step 0");
  ExpectMistake(Pretrain(spec + " --profile_steps=10:21"), "has 20 steps");
  ExpectMistake(Pretrain(spec + " --profile_steps=ten"), "is no range");
  ExpectMistake(Pretrain(spec + " data.dataset=" + nowhere), nowhere);
  ExpectMistake(Pretrain(spec + " data.dataset=fashion_mnits"),
                "fashion_mnist");
  // None of this has left a trace.
  EXPECT_FALSE(fs::exists(testing::TempDir() + "/mistakes"));
}

TEST(Pretrain, DamagedDataIsNamed) {
  const std::string folder = base::NewFolder("damaged");
  data::WriteIdxSet(folder, "train", 96, 8, 8);
  data::WriteIdxSet(folder, "t10k", 32, 8, 8);
  fs::resize_file(folder + "/train-images-idx3-ubyte", 100);
  const Outcome outcome =
      Start(Pretrain("--spec=" + TinySpec() + " --run=" + Fresh("d") +
                     " data.dataset=" + folder));
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.text, HasSubstr("error: "));
  EXPECT_THAT(outcome.text, HasSubstr(folder + "/train-images-idx3-ubyte"));
}

TEST(Pretrain, AnUnwritableRunFolderIsOneLine) {
  const Outcome outcome =
      Start(Pretrain("--spec=" + TinySpec() + " --run=/proc/run"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.text, HasSubstr("error: cannot make run folder"));
}

TEST(Pretrain, ALossThatIsNotFiniteNamesStepAndTerms) {
  const Outcome outcome =
      Start(Pretrain("--spec=" + TinySpec() + " --run=" + Fresh("nan") +
                     " optimizer={base_lr: 1e3 scale_lr_by_batch: false}" +
                     " train.steps=200"));
  EXPECT_EQ(outcome.status, 2);  // the unquoted braces are split by the shell
  const Outcome quoted =
      Start(Pretrain("--spec=" + TinySpec() + " --run=" + Fresh("nan") +
                     " 'optimizer={base_lr: 1e3 weight_decay: 1e3}'"));
  EXPECT_EQ(quoted.status, 1) << quoted.text;
  EXPECT_THAT(quoted.text, HasSubstr("at step "));
  EXPECT_THAT(quoted.text, HasSubstr("last good checkpoint"));
  EXPECT_FALSE(fs::exists(testing::TempDir() + "/nan/encoder.safetensors"));
}

TEST(Probe, MistakesInTheCall) {
  ExpectMistake("eval/probe", "--checkpoint is missing");
  ExpectMistake("eval/probe --checkpoint=/no/such", "/no/such");
  ExpectMistake("eval/probe --checkpoint=x --task=svm", "--task=svm");
  const std::string empty = base::NewFolder("empty");
  ExpectMistake("eval/probe --checkpoint=" + empty, "has not finished");
  ExpectMistake("eval/probe surplus", "surplus");
}

}  // namespace
}  // namespace caldera
