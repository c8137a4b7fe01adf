// Starts the binaries on data that cannot be measured as it is: nothing fails
// after training for it, and nothing is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "data/formats/tar/tar_testing.h"
#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// Returns image `i` of a class: its colour, with a little of `i`.
std::string Image(int label, int i) {
  return data::BmpBytes(8, 8, 60 * label + i % 40, 20 + i % 50, 90 * label);
}

// Writes `count` images of a class into `folder`, with every tenth cut off if
// `damaged`.
void WriteImages(const std::string& folder, int count, int label,
                 bool damaged = false) {
  fs::create_directories(folder);
  for (int i = 0; i < count; ++i) {
    std::string bytes = Image(label, i);
    if (damaged && i % 10 == 3) bytes.resize(100);
    base::WriteFile(folder + "/" + std::to_string(100 + i) + ".bmp", bytes);
  }
}

// Returns a folder of two classes: 48 images to train on, 32 to test on.
std::string TwoClasses(const std::string& name, bool damaged = false) {
  const std::string folder = base::NewFolder(name);
  for (const int label : {0, 1}) {
    const std::string sub = label == 0 ? "a" : "b";
    WriteImages(folder + "/train/" + sub, 24, label, damaged);
    WriteImages(folder + "/val/" + sub, 16, label, damaged);
  }
  return folder;
}

std::string Spec(const std::string& data) {
  const std::string path = testing::TempDir() + "/" +
                           fs::path(data).filename().string() + ".textproto";
  std::ofstream(path) << "data { dataset: \"" << data << "\""
                      << R"(
  loader { workers: 1 }
  augment { horizontal_flip: 0.5 }
}
encoder {
  image_size: 8 patch_size: 4 channels: 3 embed_dim: 16 depth: 2 num_heads: 2
}
mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } }
optimizer { base_lr: 1e-3 }
train { steps: 4 batch_size: 16 log_every_steps: 2 }
eval { knn { k: 5 } linear { max_iterations: 20 } }
)";
  return path;
}

struct Trained {
  Outcome outcome;
  std::string folder;

  bool Has(const std::string& file) const {
    return fs::exists(folder + "/" + file);
  }
  std::vector<json> Rows() const {
    const json rows = json::parse(Read(folder + "/results.json"), nullptr,
                                  /*allow_exceptions=*/false);
    return rows.is_array() ? rows.get<std::vector<json>>()
                           : std::vector<json>();
  }
};

// Trains on `data` in a new folder.
Trained Pretrain(const std::string& data, const std::string& arguments = "") {
  Trained run;
  run.folder = Fresh("run_of_" + fs::path(data).filename().string());
  run.outcome = Start("ssl/pretrain --threads=1 --spec=" + Spec(data) +
                      " --run=" + run.folder + " " + arguments);
  return run;
}

void ExpectComplete(const Trained& run) {
  for (const char* file : {"encoder.safetensors", "report.html",
                           "images/loss.svg", "images/reconstructions.png"}) {
    EXPECT_TRUE(run.Has(file)) << file << "\n" << run.outcome.text;
  }
}

// Every tenth image of both splits is damaged: the set is trained on, measured,
// probed, drawn and embedded all the same.
TEST(Measuring, SkipHoldsEverywhere) {
  const std::string data = TwoClasses("damaged", /*damaged=*/true);
  const Trained run =
      Pretrain(data,
               "data.loader.on_bad_image=SKIP 'train.online={every{steps:2}}' "
               "'train.pictures_every={steps:2}'");
  ASSERT_EQ(run.outcome.status, 0) << run.outcome.text;
  ExpectComplete(run);
  ASSERT_EQ(run.Rows().size(), 6);
  for (const json& row : run.Rows()) {
    EXPECT_EQ(row["train_size"], 42);
    EXPECT_EQ(row["train_skipped"], 6);
    EXPECT_EQ(row["test_size"], 28);
    EXPECT_EQ(row["skipped"], 4);
  }
  EXPECT_THAT(Read(run.folder + "/metrics.jsonl"),
              HasSubstr("online.knn_top1"));
  const std::string probe =
      "eval/probe --threads=1 --checkpoint=" + run.folder + " --task=";
  for (const std::string& task : std::vector<std::string>{
           "knn", "linear", "diagnostics", "features --out=" + Fresh("f.st"),
           "linear --eval='linear { recipe: MAE heads { base_lr: [1, 10] "
           "epochs: "
           "11 } }'",
           "linear --eval='linear { recipe: MAGMA attention_pooling {} heads { "
           "images: CACHED epochs: 2 } }'"}) {
    const Outcome outcome = Start(probe + task);
    EXPECT_EQ(outcome.status, 0) << task << "\n" << outcome.text;
  }
  const std::string pictures = Fresh("pictures");
  const Outcome drawn =
      Start("ssl/tools/figures/figures --threads=1 --run=" + run.folder +
            " --out=" + pictures);
  EXPECT_EQ(drawn.status, 0) << drawn.text;
  for (const char* picture :
       {"reconstruction.svg", "attention.svg", "components.svg",
        "component_colors.svg", "embedding.svg"}) {
    EXPECT_THAT(drawn.text, HasSubstr(picture));
  }
  // The page shows the images of the embedding's points.
  const std::string page = Fresh("drawn.html");
  const Outcome report = Start("ssl/tools/report/report --run=" + run.folder +
                               " --figures=" + pictures + " --out=" + page);
  EXPECT_EQ(report.status, 0) << report.text;
  EXPECT_THAT(Read(page), HasSubstr("data-hover=\"0\""));
  const Outcome sweep =
      Start("ssl/tools/sweep/sweep --threads=1 --spec=" + Spec(data) +
            " --out=" + Fresh("sweep") + " data.loader.on_bad_image=SKIP");
  EXPECT_EQ(sweep.status, 0) << sweep.text;
}

// A damaged image that is met at measuring costs the rows, not the run.
TEST(Measuring, ADamagedTestImageCostsTheRows) {
  const std::string data = TwoClasses("one_damaged");
  fs::resize_file(data + "/val/b/110.bmp", 100);
  const Trained run = Pretrain(data);
  EXPECT_EQ(run.outcome.status, 1) << run.outcome.text;
  ExpectComplete(run);
  EXPECT_TRUE(run.Rows().empty());
  for (const std::string what :
       {"one_damaged.textproto", "random encoder", "raw pixels"}) {
    EXPECT_THAT(run.outcome.text,
                testing::ContainsRegex("error: missing: k-NN and linear probe "
                                       "of .*" +
                                       what + ": .*val/b/110.bmp"));
  }
  // It can be measured afterwards.
  const Outcome probe =
      Start("eval/probe --threads=1 --checkpoint=" + run.folder +
            " --skip_bad_images");
  EXPECT_EQ(probe.status, 0) << probe.text;
  EXPECT_THAT(probe.text, HasSubstr("| skipped |"));
}

TEST(Measuring, ADamagedPictureIsReplacedByATrainingImage) {
  const std::string data = TwoClasses("first_damaged");
  fs::resize_file(data + "/val/a/103.bmp", 100);
  const Trained run = Pretrain(data, "--noevaluate");
  EXPECT_EQ(run.outcome.status, 0) << run.outcome.text;
  ExpectComplete(run);
  EXPECT_THAT(run.outcome.text,
              HasSubstr("note: pictures show training images: "));
}

// Empty and unsorted test folders: refused before training, or trained to the
// end, and never a matter of a run that is not measured.
TEST(Measuring, ATestFolderThatIsNotInOrderIsFoundBeforeTraining) {
  const std::string empty_class = TwoClasses("empty_class");
  fs::remove_all(empty_class + "/val/b");
  fs::create_directories(empty_class + "/val/b");
  const std::string flat = TwoClasses("flat");
  fs::remove_all(flat + "/val");
  WriteImages(flat + "/val", 12, 1);
  for (const std::string& data : {empty_class, flat}) {
    const Trained measured = Pretrain(data);
    if (measured.outcome.status == 2) {
      EXPECT_THAT(measured.outcome.text, Not(HasSubstr("step ")));
      EXPECT_FALSE(measured.Has("experiment.textproto"));
    } else {
      EXPECT_EQ(measured.outcome.status, 0) << measured.outcome.text;
      ExpectComplete(measured);
    }
    const Trained unmeasured = Pretrain(data, "--noevaluate");
    EXPECT_EQ(unmeasured.outcome.status, 0) << unmeasured.outcome.text;
    ExpectComplete(unmeasured);
  }
}

TEST(Measuring, MoreNeighboursThanImagesAreLimited) {
  const Trained run = Pretrain(TwoClasses("small"), "'eval.knn.k=[5,200]'");
  ASSERT_EQ(run.outcome.status, 0) << run.outcome.text;
  EXPECT_THAT(run.outcome.text,
              HasSubstr("note: eval.knn.k: 200 neighbours of 48 training "
                        "images are limited to 48"));
  std::vector<int> ks;
  for (const json& row : run.Rows()) {
    if (row["task"] == "knn") ks.push_back(row["setting"]["k"].get<int>());
  }
  EXPECT_THAT(ks, testing::ElementsAre(5, 48, 5, 48, 5, 48));
}

// One class and no labels at all: no row of 100 %, but what needs no labels.
TEST(Measuring, WithoutLabelsWhatNeedsNoneIsMeasured) {
  const std::string one_class = TwoClasses("one_class");
  fs::remove_all(one_class + "/train/b");
  fs::remove_all(one_class + "/val/b");
  const std::string photos = base::NewFolder("photos");
  WriteImages(photos, 48, 0);
  for (const std::string& data : {one_class, photos}) {
    const Trained run = Pretrain(data);
    ASSERT_EQ(run.outcome.status, 0) << run.outcome.text;
    ExpectComplete(run);
    EXPECT_THAT(run.outcome.text, HasSubstr("no accuracy is measured"));
    EXPECT_FALSE(run.Rows().empty());
    bool rank = false;
    for (const json& row : run.Rows()) {
      EXPECT_FALSE(row.contains("top1")) << row;
      rank = rank || row.contains("effective_rank");
    }
    EXPECT_TRUE(rank);
    const Outcome probe =
        Start("eval/probe --threads=1 --checkpoint=" + run.folder);
    EXPECT_EQ(probe.status, 2);
    EXPECT_THAT(probe.text, HasSubstr("--task=diagnostics does not"));
  }
}

// Writes a shard of `count` images of 4 classes; image i has a label unless
// i % 8 is 5.
void WriteShard(const std::string& path, int count, int classes,
                bool unlabelled) {
  fs::create_directories(fs::path(path).parent_path());
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    const std::string key = std::to_string(100 + i);
    bytes += data::TarBlocks({key + ".bmp", Image(i % classes, i)});
    if (unlabelled && i % 8 == 5) continue;
    bytes += data::TarBlocks({key + ".cls", std::to_string(i % classes)});
  }
  base::WriteFile(path, bytes + data::TarEnd());
}

TEST(Measuring, UnlabelledImagesAmongLabelledOnesAreCounted) {
  const std::string data = base::NewFolder("some_unlabelled");
  WriteShard(data + "/train/0.tar", 48, 4, true);
  WriteShard(data + "/val/0.tar", 16, 4, true);
  const Trained run = Pretrain(data);
  ASSERT_EQ(run.outcome.status, 0) << run.outcome.text;
  ASSERT_EQ(run.Rows().size(), 6);
  for (const json& row : run.Rows()) {
    EXPECT_EQ(row["train_unlabelled"], 6);
    EXPECT_EQ(row["unlabelled"], 2);
    EXPECT_EQ(row["test_size"], 14);
  }
}

TEST(Measuring, TestShardsWithOtherClassesAreMeasuredOnWhatIsThere) {
  for (const int classes : {3, 5}) {
    const std::string data =
        base::NewFolder("classes_" + std::to_string(classes));
    WriteShard(data + "/train/0.tar", 48, 4, false);
    WriteShard(data + "/val/0.tar", 20, classes, false);
    const Trained run = Pretrain(data);
    ASSERT_EQ(run.outcome.status, 0) << run.outcome.text;
    ASSERT_EQ(run.Rows().size(), 6);
    for (const json& row : run.Rows()) {
      EXPECT_EQ(row["test_size"], 20);
      EXPECT_EQ(row.contains("unseen"), classes == 5);
    }
    EXPECT_THAT(run.outcome.text,
                HasSubstr(classes == 5 ? "4 of 20 test images are of classes"
                                       : "measured on 3 of 4 classes"));
  }
}

// A file that cannot be written costs itself; results that cannot be added to
// are found before training.
TEST(Measuring, OutputsAreCheckedBeforeTraining) {
  const std::string data = TwoClasses("outputs");
  const Trained first = Pretrain(data, "--noevaluate");
  ASSERT_EQ(first.outcome.status, 0) << first.outcome.text;
  base::WriteFile(first.folder + "/results.json", "half a r");
  const Outcome again = Start("ssl/pretrain --threads=1 --spec=" + Spec(data) +
                              " --run=" + first.folder);
  EXPECT_EQ(again.status, 1) << again.text;
  EXPECT_THAT(again.text, HasSubstr("results.json: not JSON"));
  EXPECT_THAT(again.text, Not(HasSubstr("trained in")));
}

}  // namespace
}  // namespace caldera
