// Starts //:probe like a user: every task, and mistakes in the call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "tests/command_line/command_testing.h"
#include "vit/model/initialization.h"
#include "vit/state_dict.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/safetensors.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

vit::Encoder TinyEncoder(int channels = 1) {
  vit::EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(2);
  spec.set_channels(channels);
  spec.set_embed_dim(16);
  spec.set_depth(2);
  spec.set_num_heads(2);
  vit::Encoder encoder(spec);
  vit::InitializeVit(encoder, 1);
  return encoder;
}

// Returns the run folder of an encoder trained on TinyData().
std::string TinyRun(const std::string& name) {
  const std::string run = Fresh(name);
  fs::create_directories(run);
  const absl::Status status =
      vit::SaveEncoder(run + "/encoder.safetensors", TinyEncoder(),
                       {{"caldera.spec", "tiny"},
                        {"caldera.data", "dataset: \"" + TinyData() + "\""},
                        {"caldera.eval", "knn { k: 3 }"}});
  EXPECT_TRUE(status.ok()) << status;
  return run;
}

std::string Probe(const std::string& arguments) {
  return "eval/probe --threads=1 " + arguments;
}

Outcome RunProbe(const std::string& arguments) {
  const Outcome outcome = Start(Probe(arguments));
  EXPECT_EQ(outcome.status, 0) << arguments << "\n" << outcome.text;
  return outcome;
}

json Rows(const std::string& run) {
  return json::parse(Read(run + "/results.json"));
}

// Expects a mistake: one line that begins with "error: ", and status 2.
void ExpectMistake(const std::string& arguments, const std::string& part) {
  const Outcome outcome = Start(Probe(arguments));
  EXPECT_EQ(outcome.status, 2) << arguments << "\n" << outcome.text;
  EXPECT_THAT(outcome.text, testing::StartsWith("error: ")) << arguments;
  EXPECT_THAT(outcome.text, HasSubstr(part)) << arguments;
  EXPECT_EQ(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 1)
      << outcome.text;
}

TEST(Probe, KnnCombinesEveryKWithEveryTemperature) {
  const std::string run = TinyRun("knn");
  EXPECT_THAT(RunProbe("--checkpoint=" + run).text, HasSubstr("k=3"));
  EXPECT_EQ(Rows(run).size(), 1);
  const std::string call =
      "--checkpoint=" + run +
      " --eval='knn { k: [1, 5] temperature: [0.07, 0.1] } readout { feature: "
      "CLS block: 0 final_norm: false } readout {}'";
  RunProbe(call);
  RunProbe(call);  // measuring again doubles nothing
  const json rows = Rows(run);
  ASSERT_EQ(rows.size(), 1 + 2 * 4);
  EXPECT_EQ(rows[4]["setting"],
            json::parse(R"({"feature": "cls", "block": 0, "norm": false,
                            "masking": "none", "k": 5, "temperature": 0.1,
                            "distance": "cosine"})"));
  EXPECT_EQ(rows[4]["train_size"], 96);
  EXPECT_EQ(rows[4]["test_size"], 32);
  EXPECT_EQ(rows[4]["features"], "tiny");
}

TEST(Probe, LinearSweepsHeadsOnAugmentedAndOnCachedImages) {
  const std::string run = TinyRun("linear");
  for (const char* images : {"AUGMENTED", "CACHED"}) {
    const Outcome outcome =
        RunProbe("--task=linear --checkpoint=" + run +
                 " --eval='linear { recipe: MAE heads { base_lr: [1, 10, 100] "
                 "weight_decay: [0, 0.01] epochs: 11 batch_size: 32 images: " +
                 images + " } }'");
    EXPECT_THAT(outcome.text, HasSubstr("recipe=mae"));
  }
  const json rows = Rows(run);
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0]["setting"]["images"], "augmented");
  EXPECT_EQ(rows[1]["setting"]["images"], "cached");
  EXPECT_EQ(rows[0]["sweep"].size(), 6);
}

TEST(Probe, AttentionPoolingReadsAnyFrozenEncoder) {
  const std::string run = TinyRun("attention");
  const Outcome outcome = RunProbe(
      "--task=linear --checkpoint=" + run +
      " --eval='linear { recipe: MAGMA attention_pooling { hidden_dim: 8 } "
      "heads { epochs: 3 batch_size: 32 } }'");
  EXPECT_THAT(outcome.text, HasSubstr("pooling=attention"));
  const json rows = Rows(run);
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0]["setting"]["feature"], "patches");
  ExpectMistake("--task=linear --checkpoint=" + run +
                    " --eval='linear { attention_pooling {} }'",
                "linear.attention_pooling: ");
}

TEST(Probe, FeaturesAreExported) {
  const std::string file = Fresh("features.safetensors");
  RunProbe("--task=features --checkpoint=" + TinyRun("features") +
           " --split=test --out=" + file + " --eval='feature: CLS'");
  const auto read = vit::ReadSafetensors(file);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->tensors.at("features").sizes(), at::IntArrayRef({32, 16}));
  EXPECT_EQ(read->tensors.at("labels").size(0), 32);
  EXPECT_EQ(read->tensors.at("index")[31].item<int64_t>(), 31);
  EXPECT_EQ(read->metadata.at("caldera.features"), "tiny");
  EXPECT_EQ(read->metadata.at("caldera.split"), "test");
}

TEST(Probe, DiagnosticsGoBlockByBlock) {
  const std::string run = TinyRun("diagnostics");
  const Outcome outcome = RunProbe("--task=diagnostics --checkpoint=" + run +
                                   " --other=" + TinyRun("other"));
  EXPECT_THAT(outcome.text, HasSubstr("| effective_rank |"));
  EXPECT_THAT(outcome.text, HasSubstr("CKA of tiny (lines) and tiny"));
  EXPECT_THAT(outcome.text, HasSubstr("| 1 norm |"));
  const json rows = Rows(run);
  ASSERT_EQ(rows.size(), 4);  // the CKA with an equal encoder replaces the own
  EXPECT_EQ(rows[0]["setting"]["split"], "test");
  EXPECT_EQ(rows[3]["task"], "cka");
}

TEST(Probe, AFileOfWeightsNeedsOnlyAData) {
  const std::string file = Fresh("timm.safetensors");
  vit::Safetensors weights;
  vit::Encoder encoder = TinyEncoder();
  weights.tensors = vit::GetStateDict(encoder);
  ASSERT_TRUE(vit::WriteSafetensors(file, weights).ok());
  const std::string rows = Fresh("rows.json");
  RunProbe("--checkpoint=" + file + " --num_heads=2 --data=" + TinyData() +
           " --out=" + rows);
  EXPECT_EQ(json::parse(Read(rows))[0]["setting"]["data"], TinyData());
  const Outcome without =
      Start(Probe("--checkpoint=" + file + " --num_heads=2"));
  EXPECT_EQ(without.status, 2);
  EXPECT_THAT(without.text, HasSubstr("does not say which data set it saw"));
}

TEST(Probe, AFailureKeepsTheRowsBeforeIt) {
  const std::string run = TinyRun("half_diverged");
  vit::Encoder encoder = TinyEncoder();
  encoder.named_parameters()["blocks.1.mlp.fc2.bias"].data().fill_(NAN);
  ASSERT_TRUE(vit::SaveEncoder(run + "/encoder.safetensors", encoder, {}).ok());
  const Outcome outcome =
      Start(Probe("--checkpoint=" + run + " --data=" + TinyData() +
                  " --eval='readout { block: 0 } readout { block: 1 }'"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.text, HasSubstr("| block=0 "));
  EXPECT_THAT(outcome.text,
              HasSubstr("(mean, block 1): train features: row 0 holds NaN"));
  EXPECT_THAT(outcome.text, HasSubstr("error: missing: k-NN of "));
  const json rows = Rows(run);
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0]["setting"]["block"], 0);
}

TEST(Probe, WhatIsAboveTheImagesIsLimited) {
  const std::string run = TinyRun("limited");
  const Outcome knn =
      RunProbe("--checkpoint=" + run + " --eval='knn { k: 97 }'");
  EXPECT_THAT(knn.text, HasSubstr("note: eval.knn.k: 97 neighbours of 96"));
  EXPECT_EQ(Rows(run)[0]["setting"]["k"], 96);
  const Outcome linear =
      RunProbe("--checkpoint=" + run +
               " --task=linear --eval='linear { recipe: MAE heads { epochs: 11 "
               "} }'");
  EXPECT_THAT(linear.text,
              HasSubstr("note: eval.linear.heads.batch_size: 16384 of 96"));
  EXPECT_EQ(Rows(run)[1]["setting"]["batch_size"], 96);
}

// Hours of features are not for a file that cannot be written.
TEST(Probe, TheOutputIsCheckedFirst) {
  const std::string run = TinyRun("unwritable");
  ExpectMistake("--checkpoint=" + run + " --task=features --out=" +
                    Fresh("no_folder") + "/features.safetensors",
                "no_folder");
  std::ofstream(run + "/results.json") << "half a r";
  const Outcome outcome = Start(Probe("--checkpoint=" + run));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.text, HasSubstr("results.json: not JSON"));
}

TEST(Probe, HelpFitsAScreen) {
  const Outcome help = RunProbe("--help");
  EXPECT_LE(std::count(help.text.begin(), help.text.end(), '\n'), 24);
  for (const char* flag : {"--checkpoint", "--task", "--data", "--split",
                           "--other", "--out", "--eval", "--device"}) {
    EXPECT_THAT(help.text, HasSubstr(flag));
  }
}

TEST(Probe, MistakesInTheCall) {
  const std::string run = "--checkpoint=" + TinyRun("mistakes");
  ExpectMistake("", "--checkpoint is missing");
  ExpectMistake(run + " --task=tsne", "knn, linear, features or diagnostics");
  ExpectMistake(run + " --task=features", "--out is missing");
  ExpectMistake(run + " --other=x", "applies only to --task=diagnostics");
  ExpectMistake(run + " --task=features --split=tset --out=x", "--split: ");
  ExpectMistake(run + " --eval='knn { k: many }'", "--eval, line 1, column ");
  ExpectMistake(run + " --eval='feature: CSL'",
                "--eval: feature: \"CSL\" is not a registered part of this "
                "kind; did you mean \"CLS\"?");
  ExpectMistake(run + " --eval='knn { k: 0 }'", "--eval: knn.k[0]: 0 ");
  ExpectMistake(run + " --eval='readout { block: 2 }'", "readout[0].block: 2 ");
  ExpectMistake("--checkpoint=" + Fresh("nowhere"), "nowhere");
  const std::string unfinished = Fresh("unfinished");
  fs::create_directories(unfinished);
  ExpectMistake("--checkpoint=" + unfinished, "has not finished");
}

TEST(Probe, DataThatDoesNotFitIsNamed) {
  const std::string run = "--checkpoint=" + TinyRun("run_of_data");
  const std::string colour = Fresh("colour");
  fs::create_directories(colour);
  ASSERT_TRUE(
      vit::SaveEncoder(colour + "/encoder.safetensors", TinyEncoder(3),
                       {{"caldera.data", "dataset: \"" + TinyData() + "\""}})
          .ok());
  ExpectMistake("--checkpoint=" + colour, "takes 3; choose another data set");
  ExpectMistake(run + " --task=diagnostics --other=" + colour,
                "takes images of 3 channels");
  const std::string empty = base::NewFolder("empty_test");
  data::WriteIdxSet(empty, "train", 96, 8, 8);
  data::WriteIdxSet(empty, "t10k", 0, 8, 8);
  ExpectMistake(run + " --data=" + empty, "empty_test");
}

TEST(Probe, ADamagedCheckpointIsNamed) {
  const std::string run = TinyRun("damaged");
  const std::string file = run + "/encoder.safetensors";
  fs::resize_file(file, fs::file_size(file) / 2);
  const Outcome outcome = Start(Probe("--checkpoint=" + run));
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.text, testing::StartsWith("error: "));
  EXPECT_THAT(outcome.text, HasSubstr("encoder.safetensors"));
}

}  // namespace
}  // namespace caldera
