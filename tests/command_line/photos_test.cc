// Starts pretraining on a folder of photos, as a person has one: nested
// folders, no labels, copies, and a damaged file in ten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr int kPhotos = 120;

// Returns photos by year and month, with a text and a copy between them.
std::string WritePhotos(const std::string& name) {
  const std::string folder = base::NewFolder(name);
  for (int i = 0; i < kPhotos; ++i) {
    const std::string month = folder + "/" + std::to_string(2000 + i % 3) +
                              "/" + std::to_string(1 + i % 4);
    fs::create_directories(month);
    std::string bytes = data::BmpBytes(8, 8, 2 * i, 20 + i % 50, 240 - i);
    if (i % 10 == 3) bytes.resize(100 + i % 7);
    base::WriteFile(month + "/" + std::to_string(i) + ".bmp", bytes);
  }
  base::WriteFile(folder + "/2000/notes.txt", "holidays");
  fs::copy_file(folder + "/2000/1/0.bmp", folder + "/2000/copy.bmp");
  return folder;
}

std::string Pretrain(const std::string& spec, const std::string& run,
                     const std::string& data) {
  return "ssl/pretrain --threads=1 --spec=" + spec + " --run=" + run +
         " data.dataset=" + data +
         " encoder.image_size=8 encoder.patch_size=2 encoder.embed_dim=16"
         " encoder.depth=2 encoder.num_heads=2 mae.decoder.embed_dim=16"
         " mae.decoder.depth=1 mae.decoder.num_heads=2 train.steps=2"
         " train.log_every_steps=1 ";
}

TEST(Photos, AFolderIsAllThatIsNeeded) {
  const std::string data = WritePhotos("my_photos");
  for (const std::string spec : {"photos/mae", "photos/m_mae"}) {
    const std::string run = Fresh("run_of_" + spec.substr(7));
    const Outcome outcome = Start(Pretrain(spec, run, data));
    ASSERT_EQ(outcome.status, 0) << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr("chosen: train { batch_size: "));
    EXPECT_THAT(outcome.text, HasSubstr("1 copied image"));
    EXPECT_THAT(outcome.text, HasSubstr("verdict: training "));
    EXPECT_THAT(Read(run + "/experiment.textproto"), Not(HasSubstr("fit {")));
    EXPECT_TRUE(fs::exists(run + "/images/neighbours.png"));
    EXPECT_THAT(Read(run + "/report.html"), HasSubstr("Verdict: training "));
    EXPECT_THAT(Read(run + "/metrics.jsonl"),
                HasSubstr("held_out.effective_rank"));

    std::map<std::string, json> label_free;
    int verdicts = 0;
    for (const json& row : json::parse(Read(run + "/results.json"))) {
      EXPECT_FALSE(row.contains("top1")) << row;
      if (row["task"] == "label_free") label_free[row["features"]] = row;
      verdicts += row["task"] == "verdict";
    }
    EXPECT_EQ(verdicts, 1);
    ASSERT_EQ(label_free.count(spec), 1);
    ASSERT_EQ(label_free.count("random encoder"), 1);
    for (const auto& [name, row] : label_free) {
      EXPECT_EQ(row["setting"]["split"], "validation");
      EXPECT_GE(row["setting"]["images"], 2);
      EXPECT_GT(row["reconstruction"], 0);
      EXPECT_GE(row["effective_rank"], 1);
    }
  }
}

// Twelve in 120 are damaged: they are skipped, named and counted.
TEST(Photos, ADamagedPhotoInTenIsSkippedAndCounted) {
  const std::string data = WritePhotos("damaged_photos");
  const std::string run = Fresh("run_of_damaged");
  const Outcome outcome =
      Start(Pretrain("photos/mae", run, data) + "train.steps=30");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("images that cannot be read"));
  EXPECT_THAT(outcome.text, HasSubstr("/13.bmp"));
}

// The folder of a run keeps what it chose. Photos that were added would make
// another run of it, which may begin with its weights.
TEST(Photos, AResumedRunChoosesNothingAnew) {
  const std::string data = WritePhotos("more_photos");
  const std::string run = Fresh("run_of_more");
  ASSERT_EQ(Start(Pretrain("photos/mae", run, data)).status, 0);
  const std::string before = Read(run + "/experiment.textproto");
  const Outcome again = Start(Pretrain("photos/mae", run, data));
  EXPECT_EQ(again.status, 0) << again.text;
  EXPECT_THAT(again.text, HasSubstr("as the run folder has it already"));
  EXPECT_EQ(Read(run + "/experiment.textproto"), before);
  for (int i = 0; i < 200; ++i) {
    base::WriteFile(data + "/new_" + std::to_string(i) + ".bmp",
                    data::BmpBytes(8, 8, i, 100, i));
  }
  const Outcome more = Start(Pretrain("photos/mae", run, data));
  EXPECT_EQ(more.status, 2) << more.text;
  EXPECT_THAT(more.text,
              HasSubstr("was trained on another data set (images: "));
  EXPECT_THAT(more.text, HasSubstr("--fork=" + run));
  EXPECT_EQ(Read(run + "/experiment.textproto"), before);
}

TEST(Photos, WithoutAFolderTheErrorSaysWhatIsMissing) {
  const Outcome outcome = Start("ssl/pretrain --spec=photos/mae");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.text,
              testing::StartsWith("error: data.dataset: is not given"));
}

TEST(Photos, ADryRunSaysWhatIsChosenAndWhy) {
  const std::string data = WritePhotos("dry_photos");
  const Outcome outcome = Start(
      Pretrain("photos/mae", Fresh("dry_photos_run"), data) + "--dry_run");
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("\n# chosen      train { batch_size: "));
}

}  // namespace
}  // namespace caldera
