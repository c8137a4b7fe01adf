// The observers of a run: they resume with it, and do not change it.
#include "ssl/train/loop/make_observers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/file_testing.h"
#include "base/program/missing.h"
#include "data/decode/bmp_testing.h"
#include "data/formats/idx_testing.h"
#include "eval/features/opened_splits.h"
#include "ssl/distributed/processes_testing.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/tensorboard/event_file_testing.h"
#include "ssl/train/checkpoint/checkpoint.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr int64_t kSteps = 24;

std::string TinyData() {
  static const std::string folder = [] {
    const std::string path = base::NewFolder("observed_data");
    data::WriteIdxSet(path, "train", 96, 8, 8);
    data::WriteIdxSet(path, "t10k", 32, 8, 8);
    return path;
  }();
  return folder;
}

Experiment Plain(Experiment experiment = TinyMae()) {
  experiment.set_seed(3);
  experiment.mutable_data()->set_dataset(TinyData());
  experiment.mutable_data()->mutable_loader()->set_workers(0);
  if (experiment.data().view().empty()) {
    experiment.mutable_data()->mutable_augment()->set_horizontal_flip(0.5);
  }
  experiment.mutable_eval()->mutable_knn()->add_k(3);
  experiment.mutable_optimizer()->set_base_lr(5e-3);
  TrainSpec& train = *experiment.mutable_train();
  train.set_steps(kSteps);
  train.set_batch_size(16);
  train.set_log_every_steps(6);
  return experiment;
}

// Returns the same experiment, observed after every 5 and every 10 steps.
Experiment WatchedRun(Experiment experiment = TinyMae()) {
  experiment = Plain(std::move(experiment));
  TrainSpec& train = *experiment.mutable_train();
  train.mutable_online()->mutable_every()->set_steps(5);
  train.mutable_online()->set_knn_images(40);
  train.mutable_online()->set_lr(0.01);
  train.mutable_pictures_every()->set_steps(10);
  return experiment;
}

// Opens what observers watch.
Watched Opened(const Experiment& experiment, Trainer& trainer) {
  Watched watched;
  watched.splits = eval::OpenSplits(experiment.data(), trainer.dataset());
  auto pictures = ReconstructionPictures::Open(
      experiment,
      watched.splits.test != nullptr ? watched.splits.test : trainer.dataset(),
      watched.splits.test_bad, at::kCPU);
  if (pictures.ok()) watched.pictures = *std::move(pictures);
  return watched;
}

// Trains in `path`; stops after `stop_after` steps unless that is 0.
void Train(const Experiment& experiment, const std::string& path,
           int64_t stop_after = 0,
           const Processes* processes = &Processes::Single(),
           at::ScalarType dtype = at::kFloat,
           const std::vector<std::string>& lost = {}, size_t said = 0) {
  TrainerOptions options;
  options.dtype = dtype;
  options.show_progress = false;
  options.processes = processes;
  options.should_stop = [=](int64_t done) { return done == stop_after; };
  auto trainer = Trainer::Create(experiment, options);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  base::Missing missing;
  std::vector<std::string> notes;
  auto observers =
      MakeObservers(experiment, **trainer, *processes, options.device,
                    Opened(experiment, **trainer), &notes, missing);
  ASSERT_TRUE(observers.ok()) << observers.status();
  for (auto& observer : *observers) (*trainer)->Observe(std::move(observer));
  absl::StatusOr<bool> finished;
  if (processes->rank() == 0) {
    auto folder = RunFolder::Open(path, experiment);
    ASSERT_TRUE(folder.ok()) << folder.status();
    finished = (*trainer)->Run(&*folder);
  } else {
    finished = (*trainer)->Run(nullptr);
  }
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(*finished, stop_after == 0);
  EXPECT_EQ(missing.Lines(), lost);
  EXPECT_EQ(notes.size(), said);
}

// Returns the rows of metrics.jsonl, those of the online probe or the others.
std::vector<json> Rows(const std::string& path, bool online) {
  std::vector<json> rows;
  std::ifstream file(path + "/metrics.jsonl");
  for (std::string line; std::getline(file, line);) {
    json row = json::parse(line);
    if (row.contains("online.knn_top1") == online) rows.push_back(row);
  }
  return rows;
}

Checkpoint Last(const std::string& path) {
  auto checkpoint = LoadLatestCheckpoint(path + "/checkpoints");
  EXPECT_TRUE(checkpoint.ok() && checkpoint->has_value());
  return **checkpoint;
}

void ExpectSameRun(const std::string& a, const std::string& b) {
  const std::string last = "/checkpoints/step_" + std::to_string(kSteps);
  for (const std::string& file :
       {last + "/model.safetensors", last + "/optimizer.safetensors",
        std::string("/metrics.jsonl")}) {
    EXPECT_TRUE(base::FileText(a + file) == base::FileText(b + file)) << file;
  }
}

// Runs every method: masked ones, with BatchNorm, with an EMA teacher.
TEST(MakeObservers, TheRunIsTheSameToTheBitWithoutThem) {
  for (const auto& [name, tiny] : TinyMethods()) {
    SCOPED_TRACE(name);
    const std::string plain = base::FreshFolder(name),
                      watched = base::FreshFolder(name + "_watched");
    Train(Plain(tiny), plain);
    Train(WatchedRun(tiny), watched);
    const Checkpoint without = Last(plain), with = Last(watched);
    for (const auto& [tensor, value] : without.model) {
      EXPECT_TRUE(value.equal(with.model.at(tensor))) << tensor;
    }
    for (const auto& [tensor, value] : without.optimizer) {
      EXPECT_TRUE(value.equal(with.optimizer.at(tensor))) << tensor;
    }
    EXPECT_EQ(Rows(plain, /*online=*/false), Rows(watched, /*online=*/false));
    // The tensors are weight, bias, and two moments and a count of each.
    EXPECT_EQ(with.model.size(), without.model.size() + 10);
    EXPECT_GT(with.model.at("online.weight").abs().max().item<float>(), 0);
  }
}

TEST(MakeObservers, TheProbeLogsWhatItMeasured) {
  const std::string path = base::FreshFolder("logged");
  Train(WatchedRun(), path);
  const std::vector<json> rows = Rows(path, /*online=*/true);
  ASSERT_EQ(rows.size(), 5);
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t step = i < 4 ? 5 * (i + 1) : kSteps;
    EXPECT_EQ(rows[i]["step"], step);
    EXPECT_EQ(rows[i]["epoch"], step / 6.0);
    EXPECT_EQ(rows[i].size(), 5);
    for (const char* name : {"online.linear_top1", "online.knn_top1"}) {
      const double share = rows[i][name].get<double>() / 100 * 32;
      EXPECT_NEAR(share, std::round(share), 1e-9) << name;  // of 32 images
    }
    EXPECT_GT(rows[i]["online.linear_loss"].get<double>(), 0);
  }
}

// TensorBoard shows more than the numbers of metrics.jsonl.
TEST(MakeObservers, TensorBoardHasPicturesAndHistograms) {
  Experiment experiment = WatchedRun();
  experiment.mutable_regularizer()->mutable_magma();
  const std::string path = base::FreshFolder("shown");
  Train(experiment, path);
  std::vector<int64_t> pictures, histograms;
  bool probed = false;
  for (const auto& event : ReadEvents(path + "/tensorboard")) {
    for (const auto& value : event.summary().value()) {
      probed = probed || value.tag() == "online.knn_top1";
      if (value.has_histo()) {
        EXPECT_EQ(value.tag(), "magma.0_1/degrees");
        EXPECT_EQ(value.histo().num(), 16);  // of a batch
        histograms.push_back(event.step());
      }
      if (value.has_image()) {
        EXPECT_EQ(value.tag(), "reconstructions");
        EXPECT_EQ(value.image().colorspace(), 1);
        EXPECT_GT(value.image().width(), value.image().height());
        EXPECT_EQ(value.image().encoded_image_string().substr(1, 3), "PNG");
        pictures.push_back(event.step());
      }
    }
  }
  EXPECT_TRUE(probed);
  EXPECT_THAT(pictures, testing::ElementsAre(10, 20, kSteps));
  EXPECT_THAT(histograms, testing::ElementsAre(6, 12, 18, kSteps));
}

TEST(MakeObservers, ResumingGivesTheSameBits) {
  const std::string whole = base::FreshFolder("whole"),
                    parts = base::FreshFolder("parts");
  Train(WatchedRun(), whole);
  Train(WatchedRun(), parts, 7);
  Train(WatchedRun(), parts, 15);  // a row of the probe is due there
  Train(WatchedRun(), parts);
  ExpectSameRun(whole, parts);
}

TEST(MakeObservers, TwoProcessesResumeWithTheSameBits) {
  const Experiment experiment = WatchedRun();  // writes its images once
  const std::string whole = base::FreshFolder("two"),
                    parts = base::FreshFolder("two_parts");
  for (const auto& [path, stop_after] :
       {std::pair(whole, 0), std::pair(parts, 15), std::pair(parts, 0)}) {
    RunProcesses(
        2, [&, path = path, stop_after = stop_after](const Processes& all) {
          Train(experiment, path, stop_after, &all);
        });
  }
  ExpectSameRun(whole, parts);
}

// The run in double, where both see the same embeddings. The head itself is
// float: a sum over the rows of two processes rounds otherwise, by 1e-6 of the
// gradient at most, and AdamW's moments keep that share of what has been moved:
// at most 24 times the rate of 0.01. A process that learned from its own rows
// alone would be off by a tenth of that.
TEST(MakeObservers, TwoProcessesLearnTheHeadOfOne) {
  Experiment experiment = WatchedRun();
  experiment.mutable_train()->clear_pictures_every();
  std::vector<at::Tensor> heads;
  for (const int64_t processes : {1, 2}) {
    const std::string path =
        base::FreshFolder("head_of_" + std::to_string(processes));
    RunProcesses(processes, [&](const Processes& all) {
      Train(experiment, path, 0, &all, at::kDouble);
    });
    heads.push_back(Last(path).model.at("online.weight"));
  }
  EXPECT_GT(heads[0].abs().max().item<float>(), 0.01);
  EXPECT_LT((heads[0] - heads[1]).abs().max().item<float>(), 1e-4);
}

// The head does not learn from the labels of the part that is measured.
TEST(MakeObservers, TheValidationPartIsHeldOut) {
  Experiment experiment = WatchedRun();
  experiment.mutable_eval()->set_measured_on(eval::EvalSpec::VALIDATION);
  const std::string path = base::FreshFolder("validation");
  Train(experiment, path);
  for (const json& row : Rows(path, /*online=*/true)) {
    const double share = row["online.knn_top1"].get<double>() / 100 * 16;
    EXPECT_NEAR(share, std::round(share), 1e-9);  // of 96 / 6 images
  }
  // These images get other labels: the class of image i is i mod 10.
  const std::string relabelled = base::NewFolder("relabelled_data");
  data::WriteIdxSet(relabelled, "train", 96, 8, 8);
  std::string labels;
  for (int i = 0; i < 96; ++i) {
    labels += static_cast<char>(i % 6 == 5 ? (i + 1) % 10 : i % 10);
  }
  base::WriteFile(relabelled + "/train-labels-idx1-ubyte",
                  data::IdxBytes({96}, labels));
  experiment.mutable_data()->set_dataset(relabelled);
  const std::string other = base::FreshFolder("validation_relabelled");
  Train(experiment, other);
  EXPECT_TRUE(Last(path)
                  .model.at("online.weight")
                  .equal(Last(other).model.at("online.weight")));
}

std::string ErrorOf(const Experiment& experiment) {
  auto trainer = Trainer::Create(experiment, {});
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  base::Missing missing;
  std::vector<std::string> notes;
  return std::string(MakeObservers(experiment, **trainer, Processes::Single(),
                                   at::kCPU, Opened(experiment, **trainer),
                                   &notes, missing)
                         .status()
                         .message());
}

TEST(MakeObservers, MoreNeighboursThanImagesAreLimited) {
  Experiment experiment = WatchedRun();
  experiment.mutable_eval()->mutable_knn()->set_k(0, 41);  // of 40
  const std::string path = base::FreshFolder("limited");
  Train(experiment, path, 0, &Processes::Single(), at::kFloat, {},
        /*said=*/1);
  EXPECT_EQ(Rows(path, /*online=*/true).size(), 5);
}

TEST(MakeObservers, AnImageThatCannotBeReadCostsTheRowsNotTheRun) {
  const std::string data = base::NewFolder("damaged_test_image");
  for (int i = 0; i < 96; ++i) {
    for (const char* split : {"train", "val"}) {
      if (split[0] == 'v' && i >= 32) continue;
      const std::string folder =
          data + "/" + split + "/" + (i % 2 == 0 ? "even" : "odd");
      std::filesystem::create_directories(folder);
      base::WriteFile(folder + "/" + std::to_string(100 + i) + ".bmp",
                      data::BmpBytes(8, 8, 2 * i, i, i));
    }
  }
  const std::string bad = data + "/val/odd/131.bmp";  // no picture shows it
  std::filesystem::resize_file(bad, std::filesystem::file_size(bad) - 20);
  Experiment experiment = WatchedRun();
  experiment.mutable_encoder()->set_channels(3);
  experiment.mutable_data()->set_dataset(data);
  const std::string path = base::FreshFolder("damaged");
  Train(experiment, path, 0, &Processes::Single(), at::kFloat,
        {"online probe (train.online): " + data + ", image 31: " + bad +
         ": BMP: truncated: 226 bytes instead of 246 (5 times)"});
  EXPECT_TRUE(Rows(path, /*online=*/true).empty());
  EXPECT_EQ(Rows(path, /*online=*/false).size(), 4);

  experiment.mutable_data()->mutable_loader()->set_on_bad_image(
      data::LoaderSpec::SKIP);
  const std::string skipped = base::FreshFolder("damaged_skipped");
  Train(experiment, skipped);
  const std::vector<json> rows = Rows(skipped, /*online=*/true);
  ASSERT_EQ(rows.size(), 5);
  const double share = rows[0]["online.knn_top1"].get<double>() / 100 * 31;
  EXPECT_NEAR(share, std::round(share), 1e-9);
}

TEST(MakeObservers, RefusesWhatCannotBeMeasured) {
  const std::string no_test = base::NewFolder("no_test_data");
  data::WriteIdxSet(no_test, "train", 96, 8, 8);
  Experiment experiment = WatchedRun();
  experiment.mutable_train()->clear_pictures_every();
  experiment.mutable_data()->set_dataset(no_test);
  EXPECT_THAT(ErrorOf(experiment), HasSubstr("train.online: "));
  EXPECT_THAT(ErrorOf(experiment), HasSubstr("no test split"));

  experiment = WatchedRun();
  experiment.mutable_data()->set_split("test");
  EXPECT_EQ(ErrorOf(experiment),
            "train.online: the linear head learns from the labels of training "
            "images, but data.split is test; train on train or "
            "train+unlabeled, or leave train.online out");
}

}  // namespace
}  // namespace caldera::ssl
