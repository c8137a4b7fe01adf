// Starts a sweep like a user: a tiny one to its end, interrupted, resumed,
// measured in another way, and one that searches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// Returns two tiny specs, comma-separated.
std::string TinySpecs() {
  std::string specs;
  for (const std::string name : {"mae", "m_mae"}) {
    const std::string path =
        testing::TempDir() + "/tiny_" + name + ".textproto";
    std::ofstream(path) << "inherit: \"fashion_mnist/" << name << "\"\n"
                        << "data { dataset: \"" << TinyData() << "\" }\n"
                        << R"(
encoder { image_size: 8 patch_size: 2 embed_dim: 16 depth: 2 num_heads: 2 }
mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } }
train { steps: 10 batch_size: 16 log_every_steps: 5 }
)";
    specs += (specs.empty() ? "" : ",") + path;
  }
  return specs;
}

std::string Sweep(const std::string& arguments) {
  return "ssl/tools/sweep/sweep --threads=1 " + arguments;
}

int Lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(Sweep, TrainsMeasuresAndGoesOn) {
  const std::string output = Fresh("sweep");
  const std::string arguments =
      "--spec=" + TinySpecs() + " --seeds=0,1 --out=" + output;
  const Outcome first = Start(Sweep(arguments));
  ASSERT_EQ(first.status, 0) << first.text;
  EXPECT_THAT(first.text, HasSubstr("[4/4]"));
  const std::string table = Read(output + "/table.md");
  for (const char* part :
       {"--seeds=0,1", "| cls     |    2 |", "| mean    |    2 |",
        "| pixels  |    1 |", "random encoder (", "8 px, patch 2, 16 x 2)",
        "k-NN, k=10, cosine, T=0.07", "linear, l2=1e-05", " ± ",
        "| minutes | img/s |  GiB |"}) {
    EXPECT_THAT(table, HasSubstr(part));
    EXPECT_THAT(first.text, HasSubstr(part));
  }
  // The results are those of four runs and two random encoders with two
  // features each, and of the pixels, by k-NN and by the probe.
  EXPECT_EQ(Lines(Read(output + "/rows.jsonl")), (4 * 2 + 2 * 2 + 1) * 2);

  // The same command finds the work done.
  const Outcome again = Start(Sweep(arguments));
  ASSERT_EQ(again.status, 0) << again.text;
  EXPECT_THAT(again.text, Not(HasSubstr("step 5/10")));
  EXPECT_EQ(Read(output + "/table.md"), table);

  // The runs are measured in another way, but not trained again.
  const Outcome tuned =
      Start(Sweep(arguments + " eval.measured_on=VALIDATION eval.knn.k=[3]"));
  ASSERT_EQ(tuned.status, 0) << tuned.text;
  EXPECT_THAT(tuned.text, Not(HasSubstr("step 5/10")));
  EXPECT_THAT(tuned.text, HasSubstr("k-NN, k=3, cosine, T=0.07, validation"));
  EXPECT_THAT(Read(output + "/rows.jsonl"), HasSubstr("\"test_size\":16"));

  const Outcome other = Start(Sweep(arguments + " train.steps=11"));
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.text, HasSubstr("train.steps: 10 -> 11"));
}

TEST(Sweep, RunsOfTheLedgerAreNotTrainedAgain) {
  const std::string ledger = Fresh("ledger.jsonl");
  const std::string arguments =
      "--spec=" + TinySpecs() + " --ledger=" + ledger + " --out=";
  const std::string first = Fresh("first"), second = Fresh("second");
  const Outcome trained = Start(Sweep(arguments + first));
  ASSERT_EQ(trained.status, 0) << trained.text;
  const std::string lines = Read(ledger);
  EXPECT_EQ(Lines(lines), 2);

  // The folder is gone; the table is the same, with the cost of training.
  const Outcome again = Start(Sweep(arguments + second));
  ASSERT_EQ(again.status, 0) << again.text;
  EXPECT_THAT(again.text,
              HasSubstr("tiny_m_mae.textproto, seed 0, from the ledger\n"));
  EXPECT_THAT(again.text, Not(HasSubstr("step 5/10")));
  EXPECT_EQ(Read(second + "/table.md"), Read(first + "/table.md"));
  EXPECT_EQ(Read(second + "/rows.jsonl"), Read(first + "/rows.jsonl"));
  EXPECT_EQ(Read(ledger), lines);

  // One line is missing: its run alone is trained, and its floor, which that
  // line had, is measured again.
  std::ofstream(ledger) << lines.substr(lines.find('\n') + 1);
  const Outcome half = Start(Sweep(arguments + Fresh("third")));
  ASSERT_EQ(half.status, 0) << half.text;
  EXPECT_THAT(half.text, HasSubstr("tiny_mae.textproto, seed 0\n"));
  EXPECT_THAT(half.text,
              HasSubstr("tiny_m_mae.textproto, seed 0, from the ledger\n"));
  EXPECT_EQ(Lines(Read(ledger)), 2);

  std::ofstream(ledger, std::ios::app) << "{\n";
  const Outcome damaged = Start(Sweep(arguments + Fresh("fourth")));
  EXPECT_EQ(damaged.status, 2);
  EXPECT_THAT(damaged.text, HasSubstr("ledger.jsonl:3: no run of a sweep"));
}

TEST(Sweep, MeasuresTheHeadOfAClassifierToo) {
  const std::string spec = testing::TempDir() + "/tiny_scratch.textproto";
  std::ofstream(spec) << "data { dataset: \"" << TinyData() << "\" }"
                      << R"(
encoder {
  image_size: 8 patch_size: 2 channels: 1 embed_dim: 16 depth: 2 num_heads: 2
}
classification {}
train { steps: 4 batch_size: 16 }
)";
  const std::string output = Fresh("heads");
  const Outcome outcome = Start(Sweep("--spec=" + spec + " --out=" + output));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("| its own head |"));
  EXPECT_THAT(Read(output + "/rows.jsonl"), HasSubstr("\"task\":\"classify\""));
}

TEST(Sweep, AFailedRunDoesNotEndTheOthers) {
  const std::string output = Fresh("failing");
  // The folder of the first run cannot be made.
  fs::create_directories(output + "/tiny_mae");
  std::ofstream(output + "/tiny_mae/seed_0") << "in the way";
  const Outcome outcome =
      Start(Sweep("--spec=" + TinySpecs() + " --out=" + output));
  EXPECT_EQ(outcome.status, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("from seed 0 ended with exit status 2"));
  EXPECT_THAT(Read(output + "/table.md"), HasSubstr("tiny_m_mae"));
}

TEST(Sweep, ATermSignalStopsItAndTheSameCommandGoesOn) {
  const std::string output = Fresh("stopped");
  const std::string command =
      Sweep("--spec=" + TinySpecs() + " train.steps=400 --out=" + output);
  const Outcome stopped =
      Start("sh -c '" + command + " & pid=$!; while [ ! -s " + output +
            "/tiny_mae/seed_0/metrics.jsonl ]; do sleep 0.05; done; kill -TERM "
            "$pid; wait $pid'");
  EXPECT_EQ(stopped.status, 128 + SIGTERM) << stopped.text;
  EXPECT_TRUE(fs::exists(output + "/tiny_mae/seed_0/checkpoints"));
  EXPECT_FALSE(fs::exists(output + "/tiny_mae/seed_0/encoder.safetensors"));
  const Outcome resumed = Start(command);
  EXPECT_EQ(resumed.status, 0) << resumed.text;
  EXPECT_THAT(resumed.text, HasSubstr("going on from"));
  // The cost of an interrupted run is unknown.
  EXPECT_FALSE(fs::exists(output + "/tiny_mae/seed_0/training_cost.json"));
  EXPECT_TRUE(fs::exists(output + "/tiny_m_mae/seed_0/training_cost.json"));
}

// Returns the first of TinySpecs.
std::string TinyMae() {
  const std::string specs = TinySpecs();
  return specs.substr(0, specs.find(','));
}

constexpr char kGrid[] =
    " --vary=optimizer.base_lr=1e-3,3e-3 --vary=mae.mask_ratio=0.5,0.75";

TEST(Sweep, SearchesAGridOnValidationImages) {
  const std::string output = Fresh("grid");
  const std::string arguments =
      "--spec=" + TinyMae() + kGrid + " --seeds=0,1 --out=" + output;
  const Outcome first = Start(Sweep(arguments + " --parallel=2"));
  ASSERT_EQ(first.status, 0) << first.text;
  EXPECT_THAT(first.text, HasSubstr("[8/8]"));
  EXPECT_THAT(first.text, HasSubstr("best on validation images: "));
  EXPECT_THAT(first.text, HasSubstr("--eval='measured_on: TEST feature: "));
  for (const std::string point :
       {"base_lr=0.001+mask_ratio=0.5", "base_lr=0.001+mask_ratio=0.75",
        "base_lr=0.003+mask_ratio=0.5", "base_lr=0.003+mask_ratio=0.75"}) {
    for (const char* seed : {"0", "1"}) {
      const std::string run = output + "/tiny_mae/" + point + "/seed_" + seed;
      EXPECT_TRUE(fs::exists(run + "/encoder.safetensors")) << run;
      // What a run printed stands beside it, and its report has its results.
      EXPECT_THAT(Read(run + ".log"), HasSubstr("step 10/10"));
      EXPECT_THAT(Read(run + "/report.html"),
                  HasSubstr("on validation images"));
      EXPECT_THAT(Read(run + "/experiment.textproto"),
                  HasSubstr("measured_on: VALIDATION"));
    }
    EXPECT_THAT(Read(output + "/table.md"), HasSubstr(point));
  }
  // Everything was measured on held-out training images: 96 / 6 of them.
  const std::string rows = Read(output + "/rows.jsonl");
  EXPECT_THAT(rows, HasSubstr("\"test_size\":16"));
  EXPECT_THAT(rows, Not(HasSubstr("\"test_size\":32")));
  const std::string index = Read(output + "/index.html");
  for (const char* part :
       {"4 settings, 8 runs", "<code>optimizer.base_lr</code>",
        "<code>mae.mask_ratio</code>", " ± ",
        "base_lr%3D0.003%2Bmask_ratio%3D0.75/seed_1/report.html"}) {
    EXPECT_THAT(index, HasSubstr(part));
  }
  // The best setting of the table is the first of the index.
  const std::string table = Read(output + "/table.md");
  const size_t row = table.find("tiny_mae.textproto base_lr=");
  ASSERT_NE(row, std::string::npos) << table;
  const std::string name =
      table.substr(row + 19, table.find(' ', row + 19) - row - 19);
  EXPECT_THAT(first.text, HasSubstr("textproto " + name + ", "));
  EXPECT_LT(index.find("tiny_mae/" + name), index.find("seed_"));

  // A further value adds runs; those that are trained are not trained again.
  const Outcome more = Start(
      Sweep("--spec=" + TinyMae() + " --vary=optimizer.base_lr=1e-3,3e-3,1e-2" +
            " --vary=mae.mask_ratio=0.5 --seeds=0,1 --out=" + output));
  ASSERT_EQ(more.status, 0) << more.text;
  EXPECT_TRUE(
      fs::exists(output + "/tiny_mae/base_lr=0.01+mask_ratio=0.5/seed_0"));
  EXPECT_THAT(Read(output + "/index.html"), HasSubstr("5 settings, 10 runs"));
  const Outcome other = Start(Sweep(arguments + " train.steps=11"));
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.text, HasSubstr("train.steps: 10 -> 11"));
}

TEST(Sweep, ATermSignalStopsAllThatTrainAndTheSameCommandGoesOn) {
  const std::string output = Fresh("stopped_grid");
  const std::string command =
      Sweep("--spec=" + TinyMae() + " --vary=mae.mask_ratio=0.5,0.75" +
            " --parallel=2 train.steps=400 --out=" + output);
  const std::string one = output + "/tiny_mae/mask_ratio=0.5/seed_0";
  const std::string two = output + "/tiny_mae/mask_ratio=0.75/seed_0";
  const Outcome stopped =
      Start("sh -c '" + command + " & pid=$!; while [ ! -s " + one +
            "/metrics.jsonl ] || [ ! -s " + two +
            "/metrics.jsonl ]; do sleep 0.05; done; kill -TERM $pid; wait "
            "$pid'");
  EXPECT_EQ(stopped.status, 128 + SIGTERM) << stopped.text;
  EXPECT_THAT(stopped.text, HasSubstr("stopped: the same command goes on"));
  for (const std::string& run : {one, two}) {
    EXPECT_TRUE(fs::exists(run + "/checkpoints")) << run;
    EXPECT_FALSE(fs::exists(run + "/encoder.safetensors")) << run;
  }
  const Outcome resumed = Start(command);
  EXPECT_EQ(resumed.status, 0) << resumed.text;
  for (const std::string& run : {one, two}) {
    EXPECT_THAT(Read(run + ".log"), HasSubstr("going on from"));
    EXPECT_TRUE(fs::exists(run + "/encoder.safetensors")) << run;
  }
}

TEST(Sweep, DrawsTheSamePointsEachTime) {
  const std::string output = Fresh("drawn");
  const std::string command =
      Sweep("--spec=" + TinyMae() +
            " --vary=optimizer.base_lr=1e-4..1e-2 --sample=2 --out=" + output);
  const Outcome first = Start(command);
  ASSERT_EQ(first.status, 0) << first.text;
  const std::string table = Read(output + "/table.md");
  const Outcome again = Start(command);
  ASSERT_EQ(again.status, 0) << again.text;
  EXPECT_THAT(again.text, Not(HasSubstr("step 5/10")));
  EXPECT_EQ(Read(output + "/table.md"), table);
  EXPECT_THAT(Read(output + "/index.html"), HasSubstr("2 settings, 2 runs"));
}

TEST(Sweep, AFailedRunOfSeveralAtOnceIsNamedWithItsLastLine) {
  const std::string output = Fresh("failing_grid");
  fs::create_directories(output + "/tiny_mae/mask_ratio=0.5");
  std::ofstream(output + "/tiny_mae/mask_ratio=0.5/seed_0") << "in the way";
  const Outcome outcome =
      Start(Sweep("--spec=" + TinyMae() + " --vary=mae.mask_ratio=0.5,0.75" +
                  " --parallel=2 --out=" + output));
  EXPECT_EQ(outcome.status, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("seed_0.log: error: "));
  EXPECT_THAT(Read(output + "/table.md"), HasSubstr("mask_ratio=0.75"));
}

TEST(Sweep, MistakesInTheCallStartNothing) {
  const std::string output = Fresh("mistakes");
  for (const std::string arguments :
       {"--spec=fashion_mnist/mae", "--out=OUT",
        "--spec=fashion_mnist/mae,fashion_mnist/none --out=OUT",
        "--spec=fashion_mnist/mae --seeds=a --out=OUT",
        "--spec=fashion_mnist/mae --out=OUT train.epoch=3",
        "--spec=fashion_mnist/mae --out=OUT seed=3",
        "--spec=fashion_mnist/mae --out=OUT --device=tpu",
        "--spec=fashion_mnist/mae --out=OUT --vary=mae.mask_ratio",
        "--spec=fashion_mnist/mae --out=OUT --vary=mae.mask_ratoi=0.5",
        "--spec=fashion_mnist/mae --out=OUT --vary=mae.mask_ratio=0.5,7",
        "--spec=fashion_mnist/mae --out=OUT --vary=mae.mask_ratio=0.1..0.5",
        "--spec=fashion_mnist/mae --out=OUT --vary=eval.knn.k=[5]",
        "--spec=fashion_mnist/mae --out=OUT --sample=3",
        "--spec=fashion_mnist/mae --out=OUT --parallel=0",
        "--spec=fashion_mnist/mae --outptu=OUT"}) {
    std::string text = arguments;
    const size_t place = text.find("OUT");
    if (place != std::string::npos) text.replace(place, 3, output);
    const Outcome outcome = Start(Sweep(text));
    EXPECT_EQ(outcome.status, 2) << text << "\n" << outcome.text;
    EXPECT_THAT(outcome.text, testing::StartsWith("error: ")) << text;
    EXPECT_EQ(Lines(outcome.text), 1) << outcome.text;
    EXPECT_FALSE(fs::exists(output)) << text;
  }
  const Outcome help = Start(Sweep("--help"));
  EXPECT_EQ(help.status, 0);
  EXPECT_LE(Lines(help.text), 24);
}

}  // namespace
}  // namespace caldera
