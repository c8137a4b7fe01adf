// Starts //:throughput like a user: a tiny measurement, and mistakes in the
// call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string Throughput(const std::string& arguments) {
  return "benchmarks/throughput/throughput --device=cpu --threads=1 " +
         arguments;
}

// Returns the methods of table 3 at tiny sizes.
constexpr char kTiny[] =
    " 'encoder={image_size: 8 patch_size: 2 channels: 1 embed_dim: 16 depth: 2 "
    "num_heads: 2}' 'mae.decoder={embed_dim: 16 depth: 1 num_heads: 2}'"
    " data.loader.workers=1 ";

int Lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(Throughput, Table3Ends) {
  const std::string output = Fresh("table3");
  const Outcome outcome = Start(
      Throughput("--table3 --batch=8 --rounds=2 --out=" + output + kTiny));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("round 2 of 2: MU-MAE"));
  EXPECT_THAT(outcome.text, HasSubstr("| MU-MAE | 8, fp32 |"));
  EXPECT_THAT(outcome.text, HasSubstr("|         476 |     28.1 |"));
  EXPECT_THAT(outcome.text, HasSubstr("the loader read made-up pixels"));
  EXPECT_THAT(Read(output + "/throughput.svg"), HasSubstr("</svg>"));
  const json report = json::parse(Read(output + "/throughput.json"));
  ASSERT_EQ(report["rows"].size(), 4);
  for (const json& row : report["rows"]) {
    EXPECT_EQ(row["steps"], 4);
    EXPECT_GT(row["images_per_second"]["median"], 0);
    EXPECT_GT(row["images_per_second_with_loader"]["median"], 0);
    EXPECT_GT(row["images_per_second_loader_alone"], 0);
    EXPECT_GT(row["flop_per_second"], 0);
    EXPECT_GT(row["matrix_product_flop_per_second"], row["flop_per_second"]);
  }
  EXPECT_EQ(report["rows"][3]["share_of_step"].size(), 2);
  EXPECT_EQ(report["rows"][0]["parameters"], report["rows"][3]["parameters"]);
  for (const char* key : {"revision", "libtorch", "device", "processor"}) {
    EXPECT_TRUE(report["provenance"].contains(key)) << key;
  }
}

TEST(Throughput, VariesAField) {
  const Outcome outcome = Start(
      Throughput("--spec=fashion_mnist/u_mae --vary=mae.mask_ratio=0.5,0.75 "
                 "--rounds=1 --steps=1 --noloader --batch=16" +
                 std::string(kTiny)));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text,
              HasSubstr("| fashion_mnist/u_mae |            0.5"));
  EXPECT_THAT(outcome.text,
              HasSubstr("| fashion_mnist/u_mae |           0.75"));
  EXPECT_THAT(outcome.text, Not(HasSubstr("loader")));
}

TEST(Throughput, TheLoaderAlone) {
  const Outcome outcome =
      Start(Throughput("--spec=fashion_mnist/mae --only_loader --rounds=1 "
                       "data.dataset=" +
                       TinyData() + " --batch=16" + kTiny));
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("| loader alone |"));
  EXPECT_THAT(outcome.text, HasSubstr("it read " + TinyData()));
}

// On two processes rank 0 prints the results.
TEST(Throughput, RunsOnSeveralProcesses) {
  const std::string one =
      "MASTER_ADDR=127.0.0.1 MASTER_PORT=29677 WORLD_SIZE=2 RANK=";
  const std::string command =
      Throughput("--spec=imagenet100/mu_mae --batch=8 --rounds=1 --steps=1" +
                 std::string(kTiny));
  const Outcome outcome =
      Start("(" + one + "1 " + command + " & " + one + "0 " + command +
            "; status=$?; wait $! && exit $status)");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("| MU-MAE | 8, fp32, 2 processes |"));
  EXPECT_EQ(outcome.text.find("| MU-MAE"), outcome.text.rfind("| MU-MAE"));
}

TEST(Throughput, ABatchThatDoesNotFitNamesOneThatDoes) {
  const Outcome outcome = Start(
      Throughput("--table3 --batch=100000000 --rounds=1" + std::string(kTiny)));
  EXPECT_EQ(outcome.status, 2) << outcome.text;
  EXPECT_THAT(outcome.text,
              HasSubstr("MAE: train.batch_size: 100000000 images do not fit"));
  EXPECT_THAT(outcome.text, HasSubstr(" would fit"));
  EXPECT_EQ(Lines(outcome.text), 1);

  // Among several cases it is left out.
  const Outcome varied = Start(Throughput(
      "--spec=imagenet100/mae --vary=train.batch_size=8,100000000 --rounds=1 "
      "--steps=1 --noloader" +
      std::string(kTiny)));
  EXPECT_EQ(varied.status, 0) << varied.text;
  EXPECT_THAT(varied.text, HasSubstr("left out: MAE at 100000000: "));
  EXPECT_THAT(varied.text, HasSubstr("|                8 |"));
}

TEST(Throughput, MistakesInTheCallAreOneLine) {
  for (const auto& [arguments, part] :
       std::vector<std::pair<std::string, std::string>>{
           {"", "--table3 or --spec"},
           {"--table3 --spec=imagenet100/mae", "one of them"},
           {"--spec=imagenet100/mea", "imagenet100/mae"},
           {"--table3 --batch=0", "--batch=0 is not above 0"},
           {"--table3 --steps=0", "--steps=0 is not above 0"},
           {"--table3 --warmup=-1", "--warmup=-1 is not above 0"},
           {"--table3 --rounds=0", "--rounds=0 is not above 0"},
           {"--table3 --precision=fp16", "neither fp32 nor bf16"},
           {"--table3 --vary=train.batch_size", "field=value"},
           {"--table3 --bacth=8", "--batch"},
           {"--table3 mae.mask_ration=0.5", "mask_ratio"},
           {"--table3 mae.mask_ratio=2", "mask_ratio"},
           {"--table3 --threads=-1", "--threads=-1"},
           {"--table3 data.dataset=/no/such", "/no/such"},
       }) {
    const Outcome outcome = Start(Throughput(arguments));
    EXPECT_EQ(outcome.status, 2) << arguments << "\n" << outcome.text;
    EXPECT_THAT(outcome.text, testing::StartsWith("error: ")) << arguments;
    EXPECT_THAT(outcome.text, HasSubstr(part)) << arguments;
    EXPECT_EQ(Lines(outcome.text), 1) << outcome.text;
  }
}

TEST(Throughput, AFolderThatCannotBeMadeIsSaidBeforeAnythingIsMeasured) {
  const std::string file = Fresh("in_the_way");
  std::ofstream(file) << "a file";
  const Outcome outcome =
      Start(Throughput("--table3 --out=" + file + "/folder"));
  EXPECT_EQ(outcome.status, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("error: --out: cannot make"));
  EXPECT_EQ(Lines(outcome.text), 1) << outcome.text;
}

TEST(Throughput, HelpFitsAScreen) {
  const Outcome outcome = Start(Throughput("--help"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.text, HasSubstr("--table3"));
  EXPECT_LE(Lines(outcome.text), 30);
}

TEST(Throughput, NoGpuIsOneLine) {
  const Outcome outcome = Start(
      "CUDA_VISIBLE_DEVICES= benchmarks/throughput/throughput --device=cuda "
      "--table3");
  EXPECT_EQ(outcome.status, 2) << outcome.text;
  EXPECT_THAT(outcome.text, testing::StartsWith("error: --device=cuda: "));
  EXPECT_EQ(Lines(outcome.text), 1) << outcome.text;
}

}  // namespace
}  // namespace caldera
