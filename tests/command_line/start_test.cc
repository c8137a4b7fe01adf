// Starts runs from the weights of others, like a user.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string Pretrain(const std::string& arguments) {
  const std::string path = testing::TempDir() + "/start.textproto";
  std::ofstream(path) << R"(
inherit: "fashion_mnist/mae"
data { dataset: ")" << TinyData()
                      << R"(" }
encoder { image_size: 8 patch_size: 2 embed_dim: 16 depth: 2 num_heads: 2 }
mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } }
train { steps: 4 batch_size: 16 log_every_steps: 2 }
)";
  return "ssl/pretrain --threads=1 --noevaluate --spec=" + path + " " +
         arguments;
}

TEST(Start, ARunBeginsWithACheckpointAndGoesOnWithoutIt) {
  const std::string first = Fresh("first"), second = Fresh("second");
  ASSERT_EQ(Start(Pretrain("--run=" + first)).status, 0);
  const std::string checkpoint = first + "/checkpoints/step_4";
  const std::string command =
      Pretrain("--run=" + second + " --start=" + checkpoint);
  const Outcome started = Start(command);
  ASSERT_EQ(started.status, 0) << started.text;
  EXPECT_THAT(started.text, HasSubstr("starting from " + checkpoint));
  EXPECT_THAT(started.text, HasSubstr("0 missing, 0 left over\n"));
  const auto start =
      nlohmann::json::parse(Read(second + "/provenance.json"))["start"];
  EXPECT_EQ(start["encoder"], checkpoint + "/model.safetensors");
  EXPECT_EQ(start["decoder"], checkpoint + "/model.safetensors");
  EXPECT_THAT(start["taken"], testing::Contains("decoder_pred.bias"));
  EXPECT_THAT(Read(second + "/experiment.textproto"),
              HasSubstr("encoder: \"" + checkpoint + "\""));

  // The same command goes on when the file is gone, and still tells whence the
  // run began.
  fs::remove_all(first);
  const Outcome again = Start(command);
  EXPECT_EQ(again.status, 0) << again.text;
  EXPECT_EQ(nlohmann::json::parse(Read(second + "/provenance.json"))["start"],
            start);
  const Outcome lost =
      Start(Pretrain("--run=" + Fresh("lost") + " --start=" + checkpoint));
  EXPECT_EQ(lost.status, 2) << lost.text;
  EXPECT_THAT(lost.text, testing::StartsWith("error: start.encoder: "));
}

TEST(Start, TwoProcessesBeginAlike) {
  const std::string first = Fresh("alone"), one = Fresh("one"),
                    two = Fresh("two");
  ASSERT_EQ(Start(Pretrain("--run=" + first)).status, 0);
  for (const auto& [run, processes] :
       {std::pair(one, "1"), std::pair(two, "2")}) {
    const Outcome outcome = Start(Pretrain(
        "--run=" + run + " --start=" + first + " --processes=" + processes));
    ASSERT_EQ(outcome.status, 0) << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr("the file has no decoder of MAE"));
  }
  const auto loss = [](const std::string& run) {
    const std::string rows = Read(run + "/metrics.jsonl");
    return nlohmann::json::parse(rows.substr(0, rows.find('\n')))["loss"]
        .get<double>();
  };
  EXPECT_NEAR(loss(one), loss(two), 1e-5);
}

TEST(Start, HasTheNamesThatOtherProgramsGiveIt) {
  for (const std::string name : {"init", "checkpoint"}) {
    const Outcome outcome =
        Start(Pretrain("--run=" + Fresh("named") + " --" + name + "=none.pth"));
    EXPECT_EQ(outcome.status, 2) << outcome.text;
    EXPECT_THAT(outcome.text,
                testing::StartsWith("note: --" + name +
                                    " is called --start here\nerror: start."));
  }
}

}  // namespace
}  // namespace caldera
