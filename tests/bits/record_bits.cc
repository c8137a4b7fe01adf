// Trains every tiny method of the tests for 50 steps and prints, a line a
// method, the hash of what it logged and of its last checkpoint: a move of code
// changes none of them.
//
//   bazel run //tests/bits:record_bits > before.txt
//   ... move ...
//   bazel run //tests/bits:record_bits | diff before.txt -
//
// Caveat: the bits are those of one machine; another machine rounds
// differently.
#include <ATen/Parallel.h>
#include <glog/logging.h>
#include <stdio.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/run_folder.h"

namespace caldera::ssl {
namespace {

constexpr int kSteps = 50;

// Computes FNV-1a of 64 bits.
uint64_t Hash(const std::string& bytes, uint64_t hash = 14695981039346656037u) {
  for (const unsigned char c : bytes) hash = (hash ^ c) * 1099511628211u;
  return hash;
}

// Returns the hash of the tensors' files below `folder`, in the order of their
// names.
uint64_t HashFolder(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  uint64_t hash = Hash("");
  for (const std::string& file : files) hash = Hash(base::FileText(file), hash);
  return hash;
}

int Main() {
  at::set_num_threads(1);
  const std::string data = base::NewFolder("bits_data");
  data::WriteIdxSet(data, "train", 96, 8, 8);
  for (const auto& [name, tiny] : TinyMethods()) {
    Experiment experiment = tiny;
    experiment.mutable_data()->set_dataset(data);
    if (experiment.data().view().empty()) {
      experiment.mutable_data()->mutable_augment()->set_horizontal_flip(0.5);
    }
    experiment.mutable_train()->set_steps(kSteps);
    experiment.mutable_train()->set_batch_size(16);
    experiment.mutable_train()->set_log_every_steps(1);
    TrainerOptions options;
    options.show_progress = false;
    auto trainer = Trainer::Create(experiment, options);
    CHECK(trainer.ok()) << name << ": " << trainer.status();
    const std::string run = base::FreshFolder("bits_" + name);
    auto folder = RunFolder::Open(run, experiment);
    CHECK(folder.ok()) << folder.status();
    const auto finished = (*trainer)->Run(&*folder);
    CHECK(finished.ok()) << name << ": " << finished.status();
    printf("%-24s metrics %016lx  checkpoint %016lx\n", name.c_str(),
           Hash(base::FileText(run + "/metrics.jsonl")),
           HashFolder(run + "/checkpoints"));
    fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace caldera::ssl

int main() { return caldera::ssl::Main(); }
