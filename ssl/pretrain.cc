// Pretrains what a spec describes and measures the encoder. See kUsage.
#include <gflags/gflags.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "data/data.pb.h"
#include "data/user_path.h"
#include "eval/command_line.h"
#include "eval/results.h"
#include "ssl/experiment.pb.h"
#include "ssl/spec/find_spec.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/final_evaluation.h"
#include "ssl/train/provenance.h"
#include "ssl/train/run_folder.h"
#include "ssl/train/run_pictures.h"
#include "ssl/train/trainer.h"
#include "vit/encoder_file.h"
#include "vit/replace_file.h"

DEFINE_string(spec, "", "name of a spec, or the path of a .textproto file");
DEFINE_string(run_dir, "", "folder of the run; empty: runs/<spec>");
DEFINE_bool(evaluate, true, "measure the encoder when it is trained");
DEFINE_bool(dry_run, false, "print the resolved experiment and stop");

namespace caldera::ssl {
namespace {

constexpr char kUsage[] =
    R"(pretrain: trains an encoder without labels and measures it

usage: pretrain --spec=fashion_mnist/m_mae [flags] [field=value ...]

  --spec=NAME       a spec of ssl/specs, or the path of a .textproto file
  --run_dir=FOLDER  where the run goes; runs/<spec> unless given. Starting
                    again on the same folder goes on where it stopped
  --dry_run         print the resolved experiment and stop
  --noevaluate      leave out k-NN and linear probe (//:probe measures later)
  --device=auto     auto, cpu or cuda
  --threads=0       threads for arithmetic; 0: one for each core

field=value overrides a field of the spec:
  train.epochs=5  optimizer.base_lr=1e-3  regularizer.weight.constant=0.5
  eval.knn.k=[10,20]

Ctrl-C finishes the step, writes a checkpoint and exits with status 130.
Exit status 2: something to mend in the call or the spec; 1: a failure.
)";

std::atomic<int> signal_received{0};

void HandleSignal(int signal) {
  // The second one ends the program at once.
  if (signal_received.exchange(signal) != 0) _exit(128 + signal);
}

std::string RunDir(const std::string& spec) {
  if (!FLAGS_run_dir.empty()) return data::UserPath(FLAGS_run_dir);
  std::string name = spec;
  if (absl::EndsWith(name, ".textproto")) {
    name = name.substr(name.find_last_of('/') + 1);
    name.resize(name.size() - std::string(".textproto").size());
  }
  return data::UserPath(absl::StrCat("runs/", name));
}

// What says which images the encoder saw, and how they were normalised.
data::DataSpec DataSeen(data::DataSpec spec) {
  spec.clear_augment();
  spec.clear_loader();
  return spec;
}

// All that follows training: the encoder's file, pictures and results.
absl::Status Finish(const Experiment& experiment, const RunFolder& folder,
                    Trainer& trainer, const at::Device& device) {
  vit::Encoder& encoder = trainer.method().encoder();
  absl::Status status = vit::SaveEncoder(
      folder.Path("encoder.safetensors"), encoder,
      {{"caldera.spec", FLAGS_spec},
       {"caldera.data", DataSeen(experiment.data()).ShortDebugString()},
       {"caldera.eval", experiment.eval().ShortDebugString()}});
  if (!status.ok()) return status;
  status = DrawRun(experiment, folder, trainer, device);
  if (!status.ok() || !FLAGS_evaluate) return status;

  std::fprintf(stderr, "measuring the encoder by k-NN and a linear probe\n");
  const std::string results = folder.Path("results.json");
  std::vector<nlohmann::json> rows;
  status = EvaluateRun(FLAGS_spec, experiment, encoder, device,
                       [&](const nlohmann::json& row) {
                         rows.push_back(row);
                         return eval::AppendResult(results, row);
                       });
  if (!status.ok()) return status;
  std::printf("\n%s\nrun folder: %s\n", eval::ResultsTable(rows).c_str(),
              folder.path().c_str());
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  if (FLAGS_spec.empty()) {
    return eval::Fail(absl::InvalidArgumentError(absl::StrCat(
        "--spec is missing; there are: ", absl::StrJoin(SpecNames(), ", "))));
  }
  const std::vector<std::string> overrides(argv + 1, argv + argc);
  const auto experiment = LoadExperiment(FLAGS_spec, overrides);
  if (!experiment.ok()) return eval::Fail(experiment.status());
  if (FLAGS_dry_run) {
    std::printf("%s", ExperimentText(*experiment).c_str());
    return 0;
  }
  const absl::StatusOr<at::Device> device = eval::SetUpCompute();
  if (!device.ok()) return eval::Fail(device.status());

  TrainerOptions options;
  options.device = *device;
  options.should_stop = [](int64_t) { return signal_received != 0; };
  auto trainer = Trainer::Create(*experiment, options);
  if (!trainer.ok()) return eval::Fail(trainer.status());
  const auto folder = RunFolder::Open(RunDir(FLAGS_spec), *experiment);
  if (!folder.ok()) return eval::Fail(folder.status());
  const std::string provenance = Provenance(*device).dump(1) + "\n";
  absl::Status status =
      vit::ReplaceFile(folder->Path("provenance.json"), {provenance});
  if (!status.ok()) return eval::Fail(status);

  std::fprintf(stderr, "training %s: %d steps of %d images, run folder %s\n",
               FLAGS_spec.c_str(),
               static_cast<int>((*trainer)->run_length().total_steps),
               static_cast<int>((*trainer)->run_length().batch_size),
               folder->path().c_str());
  std::signal(SIGINT, HandleSignal);
  std::signal(SIGTERM, HandleSignal);
  const auto start = std::chrono::steady_clock::now();
  const absl::StatusOr<bool> finished = (*trainer)->Run(*folder);
  if (!finished.ok()) return eval::Fail(finished.status());
  if (!*finished) {
    std::fprintf(stderr,
                 "stopped; the checkpoint is in %s: the same command goes on\n",
                 folder->Path("checkpoints").c_str());
    return 128 + signal_received;
  }
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  std::fprintf(stderr, "trained in %.0f s\n", seconds);
  status = Finish(*experiment, *folder, **trainer, *device);
  return status.ok() ? 0 : eval::Fail(status);
}

}  // namespace
}  // namespace caldera::ssl

int main(int argc, char** argv) {
  caldera::eval::StartProgram(caldera::ssl::kUsage, &argc, &argv);
  return caldera::ssl::Main(argc, argv);
}
