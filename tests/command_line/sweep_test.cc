// Starts a sweep like a user: a tiny one to its end, interrupted, resumed, and
// measured in another way.
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

TEST(Sweep, MistakesInTheCallStartNothing) {
  const std::string output = Fresh("mistakes");
  for (const std::string arguments :
       {"--spec=fashion_mnist/mae", "--out=OUT",
        "--spec=fashion_mnist/mae,fashion_mnist/none --out=OUT",
        "--spec=fashion_mnist/mae --seeds=a --out=OUT",
        "--spec=fashion_mnist/mae --out=OUT train.epoch=3",
        "--spec=fashion_mnist/mae --out=OUT seed=3",
        "--spec=fashion_mnist/mae --out=OUT --device=tpu",
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
