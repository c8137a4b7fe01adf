// Pretrains a tiny encoder and then fine-tunes it, like a user.
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

constexpr char kSizes[] = R"(
encoder { image_size: 8 patch_size: 2 embed_dim: 16 depth: 2 num_heads: 2 }
train { steps: 12 batch_size: 16 log_every_steps: 4 }
)";

std::string SpecFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name + ".textproto";
  std::ofstream(path) << text << kSizes << "data { dataset: '" << TinyData()
                      << "' }\n";
  return path;
}

// Returns the run folder of a tiny encoder.
std::string Pretrained() {
  static const std::string run = [] {
    const std::string spec = SpecFile("mae", R"(
        inherit: "fashion_mnist/mae"
        mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } })");
    const std::string folder = Fresh("pretrained");
    const Outcome outcome =
        Start("ssl/pretrain --threads=1 --noevaluate --spec=" + spec +
              " --run=" + folder);
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    return folder;
  }();
  return run;
}

// Returns the arguments that fine-tune it in `run`.
std::string Arguments(const std::string& run) {
  const std::string spec = SpecFile("finetune", R"(
      inherit: "fashion_mnist/scratch"
      classification { mixup {} }
      optimizer { layer_decay: 0.75 })");
  return "ssl/finetune --threads=1 --spec=" + spec + " --run=" + run +
         " classification.encoder=" + Pretrained() + " ";
}

TEST(Finetune, ATinyRunEndsWithItsAccuracy) {
  const std::string run = Fresh("finetuned");
  const Outcome outcome = Start(Arguments(run));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("starting from " + Pretrained()));
  EXPECT_THAT(Read(run + "/metrics.jsonl"), HasSubstr("\"cross_entropy\""));
  for (const char* file : {"encoder.safetensors", "images/loss.svg",
                           "checkpoints/step_12/model.safetensors"}) {
    EXPECT_TRUE(fs::exists(run + "/" + file)) << file;
  }
  const auto rows = nlohmann::json::parse(Read(run + "/results.json"));
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0]["task"], "classify");
  EXPECT_EQ(rows[0]["test_size"], 32);
  EXPECT_GE(rows[0]["top5"], rows[0]["top1"]);

  // The same command again measures the same weights.
  ASSERT_EQ(Start(Arguments(run)).status, 0);
  EXPECT_EQ(nlohmann::json::parse(Read(run + "/results.json")), rows);
}

TEST(Finetune, Mistakes) {
  const std::string run = Fresh("mistakes");
  const auto expect = [&](const std::string& command, const std::string& part) {
    const Outcome outcome = Start(command);
    EXPECT_EQ(outcome.status, 2) << command << "\n" << outcome.text;
    EXPECT_THAT(outcome.text, testing::StartsWith("error: ")) << command;
    EXPECT_THAT(outcome.text, HasSubstr(part)) << command;
  };
  expect("ssl/finetune --spec=fashion_mnist/mae",
         "has no classification {}; its method learns without labels: use "
         "//:pretrain");
  expect(Arguments(run) + "classification.encoder=/no/such",
         "classification.encoder: ");
  expect(Arguments(run) + "encoder.embed_dim=32", "classification.encoder: ");
  expect(Arguments(run) + "classification.num_classes=7",
         "classification.num_classes: 7, but ");
  EXPECT_FALSE(fs::exists(run));
}

TEST(Finetune, HasAHelpOfItsOwn) {
  const Outcome help = Start("ssl/finetune --help");
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.text, testing::StartsWith("finetune: "));
  EXPECT_THAT(help.text, HasSubstr("--spec=fashion_mnist/finetune"));
}

}  // namespace
}  // namespace caldera
