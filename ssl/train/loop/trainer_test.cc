// Trains a tiny run from end to end: it learns, repeats to the bit, and resumes
// to the bit.
#include "ssl/train/loop/trainer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "ssl/objective/tiny_methods_testing.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

// Writes 96 images of 8 x 8 with structure that can be learned.
std::string TinyData() {
  static const std::string folder = [] {
    const std::string path = base::NewFolder("tiny_data");
    data::WriteIdxSet(path, "train", 96, 8, 8);
    data::WriteIdxSet(path, "t10k", 32, 8, 8);
    return path;
  }();
  return folder;
}

Experiment Tiny() {
  Experiment experiment = TinyMae();
  experiment.set_seed(3);
  experiment.mutable_data()->set_dataset(TinyData());
  experiment.mutable_data()->mutable_augment()->set_horizontal_flip(0.5);
  experiment.mutable_regularizer()->mutable_magma();
  WindowSpec& window =
      *experiment.mutable_regularizer()->mutable_weight()->mutable_window();
  window.mutable_start()->set_steps(10);
  window.mutable_duration()->set_steps(20);
  OptimizerSpec& optimizer = *experiment.mutable_optimizer();
  optimizer.set_base_lr(5e-3);
  optimizer.set_scale_lr_by_batch(false);
  optimizer.mutable_warmup()->set_steps(5);
  TrainSpec& train = *experiment.mutable_train();
  train.set_steps(60);
  train.set_batch_size(16);
  train.set_log_every_steps(5);
  train.mutable_checkpoint_every()->set_steps(20);
  return experiment;
}

// Trains in `path`; stops after `stop_after` steps unless that is 0.
bool Train(
    const Experiment& experiment, const std::string& path,
    int64_t stop_after = 0,
    const std::function<void(Trainer&)>& prepare = [](Trainer&) {}) {
  TrainerOptions options;
  options.show_progress = false;
  options.should_stop = [=](int64_t done) { return done == stop_after; };
  auto trainer = Trainer::Create(experiment, options);
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  prepare(**trainer);
  auto folder = RunFolder::Open(path, experiment);
  EXPECT_TRUE(folder.ok()) << folder.status();
  const auto finished = (*trainer)->Run(&*folder);
  EXPECT_TRUE(finished.ok()) << finished.status();
  return finished.ok() && *finished;
}

void ExpectSameRun(const std::string& a, const std::string& b,
                   int64_t steps = 60) {
  const std::string last = "/checkpoints/step_" + std::to_string(steps);
  for (const std::string& file :
       {last + "/model.safetensors", last + "/optimizer.safetensors",
        std::string("/metrics.jsonl")}) {
    EXPECT_TRUE(base::FileText(a + file) == base::FileText(b + file)) << file;
  }
}

TEST(Trainer, TheLossFalls) {
  const std::string path = base::FreshFolder("falls");
  ASSERT_TRUE(Train(Tiny(), path));
  std::ifstream metrics(path + "/metrics.jsonl");
  std::vector<double> losses;
  for (std::string line; std::getline(metrics, line);) {
    losses.push_back(
        nlohmann::json::parse(line)["reconstruction"].get<double>());
  }
  ASSERT_EQ(losses.size(), 12);
  EXPECT_LT(losses.back(), 0.7 * losses.front());
}

TEST(Trainer, TheSameSeedGivesTheSameBits) {
  const std::string a = base::FreshFolder("bits_a"),
                    b = base::FreshFolder("bits_b");
  ASSERT_TRUE(Train(Tiny(), a));
  ASSERT_TRUE(Train(Tiny(), b));
  ExpectSameRun(a, b);
  Experiment other = Tiny();
  other.set_seed(4);
  const std::string c = base::FreshFolder("bits_c");
  ASSERT_TRUE(Train(other, c));
  EXPECT_FALSE(base::FileText(a + "/metrics.jsonl") ==
               base::FileText(c + "/metrics.jsonl"));
}

TEST(Trainer, LoaderThreadsChangeNoBit) {
  const std::string a = base::FreshFolder("threads_a"),
                    b = base::FreshFolder("threads_b");
  Experiment none = Tiny(), three = Tiny();
  none.mutable_data()->mutable_loader()->set_workers(0);
  three.mutable_data()->mutable_loader()->set_workers(3);
  ASSERT_TRUE(Train(none, a));
  ASSERT_TRUE(Train(three, b));
  ExpectSameRun(a, b);
}

// The run stops inside an epoch, between logs and between checkpoints.
TEST(Trainer, ResumingGivesTheSameBits) {
  const std::string whole = base::FreshFolder("whole"),
                    parts = base::FreshFolder("parts");
  ASSERT_TRUE(Train(Tiny(), whole));
  EXPECT_FALSE(Train(Tiny(), parts, 13));
  EXPECT_FALSE(Train(Tiny(), parts, 37));
  EXPECT_TRUE(Train(Tiny(), parts));
  ExpectSameRun(whole, parts);
}

// Each field of the kind FREE that acts on a CPU, changed within the run.
TEST(Trainer, FreeFieldsChangeNoBitOfAResumedRun) {
  const std::string whole = base::FreshFolder("free_whole"),
                    parts = base::FreshFolder("free_parts");
  ASSERT_TRUE(Train(Tiny(), whole));
  EXPECT_FALSE(Train(Tiny(), parts, 13));
  Experiment other = Tiny();
  data::LoaderSpec& loader = *other.mutable_data()->mutable_loader();
  loader.set_workers(3);
  loader.set_prefetch(2);
  loader.set_on_bad_image(data::LoaderSpec::SKIP);
  TrainSpec& train = *other.mutable_train();
  train.set_log_every_steps(7);
  train.mutable_checkpoint_every()->set_steps(9);
  train.set_keep_checkpoints(3);
  train.mutable_keep_every()->set_steps(15);
  train.mutable_pictures_every()->set_steps(11);
  train.set_cuda_graph(false);
  other.mutable_eval()->mutable_knn()->add_k(3);
  EXPECT_TRUE(Train(other, parts));
  for (const char* file : {"model", "optimizer"}) {
    const std::string path =
        std::string("/checkpoints/step_60/") + file + ".safetensors";
    EXPECT_TRUE(base::FileText(whole + path) == base::FileText(parts + path))
        << file;
  }
}

TEST(Trainer, AFinishedRunIsExtended) {
  const std::string path = base::FreshFolder("extended");
  ASSERT_TRUE(Train(Tiny(), path));
  Experiment longer = Tiny();
  longer.mutable_train()->set_steps(80);
  TrainerOptions options;
  options.show_progress = false;
  auto trainer = Trainer::Create(longer, options);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  EXPECT_FALSE(RunFolder::Open(path, longer).ok());
  auto folder = RunFolder::Open(path, longer, {/*extend=*/true});
  ASSERT_TRUE(folder.ok()) << folder.status();
  const auto finished = (*trainer)->Run(&*folder);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_TRUE(*finished);
  const auto& rows = (*trainer)->metrics();
  ASSERT_EQ(rows.size(), 16u);  // the 12 of the first 60 steps stay
  EXPECT_EQ(rows.back()["step"], 80);
}

// Does the same for every method: batch statistics, an EMA teacher and the
// parameters of terms are in a checkpoint.
void ExpectEveryMethodResumes(TrainSpec::Precision precision, int parts) {
  for (auto [name, experiment] : TinyMethods()) {
    SCOPED_TRACE(name);
    experiment.mutable_train()->set_precision(precision);
    experiment.mutable_train()->set_accumulate_steps(parts);
    experiment.mutable_data()->set_dataset(TinyData());
    experiment.mutable_data()->mutable_loader()->set_workers(0);
    experiment.mutable_optimizer()->set_base_lr(5e-3);
    TrainSpec& train = *experiment.mutable_train();
    train.set_steps(8);
    train.set_log_every_steps(2);
    const std::string whole = base::FreshFolder(name),
                      stopped = base::FreshFolder(name + "_stopped");
    ASSERT_TRUE(Train(experiment, whole));
    EXPECT_FALSE(Train(experiment, stopped, 3));
    EXPECT_TRUE(Train(experiment, stopped));
    ExpectSameRun(whole, stopped, 8);
  }
}

TEST(Trainer, EveryMethodResumesWithTheSameBits) {
  ExpectEveryMethodResumes(TrainSpec::FP32, 1);
}

TEST(Trainer, EveryMethodResumesInBf16AndPartsWithTheSameBits) {
  ExpectEveryMethodResumes(TrainSpec::BF16, 2);
}

// A crash leaves metrics beyond the checkpoint and a half-written folder.
TEST(Trainer, ResumingAfterACrashGivesTheSameBits) {
  const std::string whole = base::FreshFolder("calm"),
                    crashed = base::FreshFolder("crashed");
  ASSERT_TRUE(Train(Tiny(), whole));
  EXPECT_FALSE(Train(Tiny(), crashed, 45));
  std::filesystem::remove_all(crashed + "/checkpoints/step_45");
  std::filesystem::create_directories(crashed + "/checkpoints/step_60.partial");
  std::ofstream(crashed + "/metrics.jsonl", std::ios::app) << "{\"step\": 5";
  EXPECT_TRUE(Train(Tiny(), crashed));
  ExpectSameRun(whole, crashed);
}

TEST(Trainer, AFinishedRunStaysAsItIs) {
  const std::string path = base::FreshFolder("finished");
  ASSERT_TRUE(Train(Tiny(), path));
  const std::string metrics = base::FileText(path + "/metrics.jsonl");
  EXPECT_TRUE(Train(Tiny(), path));
  EXPECT_EQ(base::FileText(path + "/metrics.jsonl"), metrics);
}

TEST(Trainer, ALossThatIsNotFiniteStopsTheRun) {
  Experiment experiment = Tiny();
  AuxiliaryLossSpec& term = *experiment.add_auxiliary();
  term.mutable_uniformity();
  term.mutable_weight()->set_constant(1e39);  // infinite as a float
  auto trainer = Trainer::Create(experiment, {at::kCPU, false});
  ASSERT_TRUE(trainer.ok());
  auto folder = RunFolder::Open(base::FreshFolder("nan"), experiment);
  ASSERT_TRUE(folder.ok());
  const auto finished = (*trainer)->Run(&*folder);
  ASSERT_FALSE(finished.ok());
  const std::string error(finished.status().message());
  EXPECT_THAT(error, HasSubstr("at step "));
  EXPECT_THAT(error, HasSubstr("reconstruction"));
  EXPECT_THAT(error, HasSubstr("last good checkpoint: none"));
}

// Makes the gradient of one weight NaN at these steps.
class Poison : public StepObserver {
 public:
  Poison(Method& method, std::set<int64_t> steps) : steps_(std::move(steps)) {
    method.NamedState()
        .at("blocks.0.norm1.weight")
        .register_hook([this](const at::Tensor& gradient) -> at::Tensor {
          return steps_.count(step_) > 0 ? gradient * std::nan("") : gradient;
        });
  }
  void BeforeStep(int64_t step) override { step_ = step; }
  absl::Status AfterStep(const StepReport&, Recorder*) override { return {}; }

 private:
  std::set<int64_t> steps_;
  int64_t step_ = 0;
};

std::string ErrorOf(Trainer& trainer, const RunFolder& folder) {
  const auto finished = trainer.Run(&folder);
  EXPECT_FALSE(finished.ok());
  return std::string(finished.status().message());
}

std::vector<std::string> Checkpoints(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(path + "/checkpoints")) {
    names.push_back(entry.path().filename());
  }
  return names;
}

TEST(Trainer, AGradientThatIsNotFiniteIsInNoCheckpoint) {
  Experiment experiment = Tiny();
  experiment.mutable_train()->mutable_checkpoint_every()->set_steps(4);
  auto trainer = Trainer::Create(experiment, {at::kCPU, false});
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  (*trainer)->Observe(
      std::make_unique<Poison>((*trainer)->method(), std::set<int64_t>{7}));
  const std::string path = base::FreshFolder("bad_gradient");
  auto folder = RunFolder::Open(path, experiment);
  ASSERT_TRUE(folder.ok());
  const std::string error = ErrorOf(**trainer, *folder);
  EXPECT_THAT(error, HasSubstr("not finite at step 7 "));
  EXPECT_THAT(error, HasSubstr("last good checkpoint: " + path +
                               "/checkpoints/step_4"));
  EXPECT_THAT(Checkpoints(path),
              testing::UnorderedElementsAre("step_4", "latest"));
}

// Makes a weight NaN after step 8; the cause of a NaN does not matter.
class SpoilWeights : public StepObserver {
 public:
  explicit SpoilWeights(Method& method) : method_(method) {}
  absl::Status AfterStep(const StepReport& report, Recorder*) override {
    const at::NoGradGuard no_grad;
    if (report.done == 8) method_.parameters()[0].fill_(std::nan(""));
    return absl::OkStatus();
  }

 private:
  Method& method_;
};

TEST(Trainer, AWeightThatIsNotFiniteIsInNoCheckpoint) {
  Experiment experiment = Tiny();
  experiment.mutable_train()->mutable_checkpoint_every()->set_steps(4);
  auto trainer = Trainer::Create(experiment, {at::kCPU, false});
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  (*trainer)->Observe(std::make_unique<SpoilWeights>((*trainer)->method()));
  const std::string path = base::FreshFolder("bad_weights");
  auto folder = RunFolder::Open(path, experiment);
  ASSERT_TRUE(folder.ok());
  EXPECT_THAT(
      ErrorOf(**trainer, *folder),
      HasSubstr("last good checkpoint: " + path + "/checkpoints/step_4"));
  EXPECT_THAT(Checkpoints(path),
              testing::UnorderedElementsAre("step_4", "latest"));
}

// Steps are skipped and counted, and a resumed run goes on counting.
TEST(Trainer, SkipsStepsThatAreNotFinite) {
  Experiment experiment = Tiny();
  const auto train = [&](const std::string& path, int64_t stop_after) {
    TrainerOptions options;
    options.show_progress = false;
    options.on_nonfinite = OnNonfinite::kSkip;
    options.should_stop = [=](int64_t done) { return done == stop_after; };
    auto trainer = Trainer::Create(experiment, options);
    ASSERT_TRUE(trainer.ok()) << trainer.status();
    (*trainer)->Observe(std::make_unique<Poison>((*trainer)->method(),
                                                 std::set<int64_t>{3, 19, 41}));
    auto folder = RunFolder::Open(path, experiment);
    ASSERT_TRUE(folder.ok());
    const auto finished = (*trainer)->Run(&*folder);
    ASSERT_TRUE(finished.ok()) << finished.status();
  };
  const std::string whole = base::FreshFolder("skips"),
                    parts = base::FreshFolder("skips_in_parts");
  train(whole, 0);
  train(parts, 22);
  train(parts, 0);
  ExpectSameRun(whole, parts);
  std::ifstream metrics(whole + "/metrics.jsonl");
  std::vector<double> skipped;
  for (std::string line; std::getline(metrics, line);) {
    skipped.push_back(nlohmann::json::parse(line)["skipped"].get<double>());
  }
  EXPECT_THAT(skipped,
              testing::ElementsAre(1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3));
}

TEST(Trainer, RefusesWhatDoesNotFitBeforeAnythingIsWritten) {
  Experiment batch = Tiny(), channels = Tiny(), data = Tiny();
  batch.mutable_train()->set_batch_size(97);
  channels.mutable_encoder()->set_channels(3);
  data.mutable_data()->set_dataset("/no/such/folder");
  Experiment parts = Tiny();
  parts.mutable_train()->set_accumulate_steps(3);
  EXPECT_EQ(Trainer::Create(parts, {}).status().message(),
            "train.accumulate_steps: 3 does not divide 16, train.batch_size; "
            "change one of them");
  EXPECT_THAT(std::string(Trainer::Create(batch, {}).status().message()),
              HasSubstr("97"));
  EXPECT_THAT(std::string(Trainer::Create(channels, {}).status().message()),
              HasSubstr("encoder.channels: 3"));
  EXPECT_THAT(std::string(Trainer::Create(data, {}).status().message()),
              HasSubstr("/no/such/folder"));
}

// Sums up its inputs, so that a lost or a repeated step is noticed.
class Summing : public StepObserver {
 public:
  absl::Status AfterStep(const StepReport& report,
                         Recorder* recorder) override {
    sum_ += report.embedding.mean() * static_cast<double>(report.done);
    if (report.done % 7 != 0) return absl::OkStatus();
    return recorder->LogScalars(report.done, {{"sum", sum_.item<double>()}});
  }
  vit::StateDict State() const override { return {{"summing.sum", sum_}}; }

 private:
  at::Tensor sum_ = at::zeros({});
};

TEST(Trainer, AnObserverGoesOnWhereItStopped) {
  const std::string whole = base::FreshFolder("watched"),
                    stopped = base::FreshFolder("watched_twice");
  const auto observe = [](Trainer& trainer) {
    trainer.Observe(std::make_unique<Summing>());
  };
  ASSERT_TRUE(Train(Tiny(), whole, 0, observe));
  ASSERT_FALSE(Train(Tiny(), stopped, 33, observe));
  ASSERT_TRUE(Train(Tiny(), stopped, 0, observe));
  ExpectSameRun(stopped, whole);
  EXPECT_THAT(base::FileText(whole + "/metrics.jsonl"), HasSubstr(R"("sum")"));
}

TEST(TotalSteps, EveryUnit) {
  TrainSpec spec;
  spec.set_batch_size(10);
  spec.set_epochs(2.5);
  EXPECT_EQ(TotalSteps(spec, 4), 10);
  spec.set_steps(7);
  EXPECT_EQ(TotalSteps(spec, 4), 7);
  spec.set_examples(200);
  EXPECT_EQ(TotalSteps(spec, 4), 20);
  spec.set_epochs(0.01);
  EXPECT_EQ(TotalSteps(spec, 4), 1);
}

// Flips are exact in both cases, so the same weights result.
TEST(Trainer, ASetOnTheDeviceTrainsTheSameWeights) {
  const std::string loaded = base::FreshFolder("loaded"),
                    resident = base::FreshFolder("resident");
  Experiment experiment = Tiny();
  ASSERT_TRUE(Train(experiment, loaded));
  experiment.mutable_data()->mutable_loader()->set_on_device(true);
  ASSERT_TRUE(Train(experiment, resident));
  ExpectSameRun(resident, loaded);
}

}  // namespace
}  // namespace caldera::ssl
