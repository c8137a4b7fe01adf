// Measures how long a checkpoint of ViT-B's size stalls training.
//
//   ./bazelw run //ssl/train/checkpoint:checkpoint_benchmark -- FOLDER
//
// The state has the size of MAE's ViT-B with its decoder and AdamW's moments.
// The program prints the time of Write, the time that the update would then
// wait for the copy if there were no forward and backward pass in between, and
// the time of the files. The second round uses the buffers of the first.
#include <ATen/ops/ones.h>
#include <glog/logging.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ssl/train/checkpoint/checkpoint_writer.h"

namespace caldera::ssl {
namespace {

// The blocks are 12 of width 768 and 8 of width 512; embeddings and norms are
// small beside them.
Checkpoint VitB(std::vector<at::Tensor>* parameters) {
  Checkpoint checkpoint;
  const auto add = [&](const std::string& name, at::IntArrayRef shape) {
    const at::Tensor weight = at::ones(shape);
    checkpoint.model[name] = weight;
    parameters->push_back(weight);
    checkpoint.optimizer["exp_avg." + name] = at::ones(shape);
    checkpoint.optimizer["exp_avg_sq." + name] = at::ones(shape);
    checkpoint.optimizer["step." + name] = at::ones({});
  };
  const auto add_blocks = [&](const std::string& name, int depth, int width) {
    for (int i = 0; i < depth; ++i) {
      const std::string block = absl::StrCat(name, ".", i, ".");
      add(block + "attn.qkv.weight", {3 * width, width});
      add(block + "attn.proj.weight", {width, width});
      add(block + "mlp.fc1.weight", {4 * width, width});
      add(block + "mlp.fc2.weight", {width, 4 * width});
    }
  };
  add_blocks("blocks", 12, 768);
  add_blocks("decoder_blocks", 8, 512);
  return checkpoint;
}

double Milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now() - since)
      .count();
}

void Run(const std::string& folder) {
  std::vector<at::Tensor> parameters;
  Checkpoint checkpoint = VitB(&parameters);
  double bytes = 0;
  for (const at::Tensor& parameter : parameters) bytes += parameter.nbytes();
  std::printf("%.0f M parameters, %.2f GB with the moments\n", bytes / 4e6,
              3 * bytes / 1e9);
  CheckpointWriterOptions options;
  options.folder = folder;
  options.plan.total_steps = 4;
  options.plan.keep_last = 1;
  const auto writer = CheckpointWriter::Create(options, checkpoint);
  CHECK(writer.ok()) << writer.status();
  for (checkpoint.step = 1; checkpoint.step <= 4; ++checkpoint.step) {
    const auto start = std::chrono::steady_clock::now();
    CHECK((*writer)->Write(checkpoint, parameters).ok());
    const double write = Milliseconds(start);
    (*writer)->WaitUntilCopied();
    const double copied = Milliseconds(start);
    const absl::Status status = (*writer)->Finish();
    CHECK(status.ok()) << status;
    std::printf("Write %.2f ms, copied after %.0f ms, files after %.0f ms\n",
                write, copied, Milliseconds(start));
  }
}

}  // namespace
}  // namespace caldera::ssl

int main(int argc, char** argv) {
  CHECK_EQ(argc, 2) << "usage: checkpoint_benchmark FOLDER";
  caldera::ssl::Run(argv[1]);
  std::filesystem::remove_all(argv[1]);
}
