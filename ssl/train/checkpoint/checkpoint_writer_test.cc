#include "ssl/train/checkpoint/checkpoint_writer.h"

#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>

#include "ssl/train/checkpoint/checkpoint_testing.h"
#include "ssl/train/checkpoint/file_system_testing.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

CheckpointWriterOptions Options(const std::string& name) {
  CheckpointWriterOptions options;
  options.folder = NewCheckpointFolder(name);
  options.plan.interval = 1;
  options.plan.keep_last = 3;
  options.plan.total_steps = 100;
  return options;
}

std::unique_ptr<CheckpointWriter> Make(const CheckpointWriterOptions& options) {
  auto writer = CheckpointWriter::Create(options, MakeCheckpoint(0));
  EXPECT_TRUE(writer.ok()) << writer.status();
  return *std::move(writer);
}

std::vector<at::Tensor> Tensors(const vit::StateDict& state) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : state) tensors.push_back(tensor);
  return tensors;
}

Checkpoint Clone(const Checkpoint& checkpoint) {
  Checkpoint clone = checkpoint;
  for (auto* state : {&clone.model, &clone.optimizer}) {
    for (auto& [name, tensor] : *state) tensor = tensor.clone();
  }
  return clone;
}

void ChangeAll(Checkpoint* checkpoint) {
  for (auto* state : {&checkpoint->model, &checkpoint->optimizer}) {
    for (auto& [name, tensor] : *state) tensor.add_(1);
  }
}

// Lets each commit go through one by one.
class Gate {
 public:
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  absl::Status Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
    return absl::OkStatus();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// The weights change as soon as WaitUntilCopied allows it, while the writer is
// held before its rename: it writes the old weights.
TEST(CheckpointWriter, TrainingGoesOnWhileItWrites) {
  Gate gate;
  CheckpointWriterOptions options = Options("meanwhile");
  options.before_commit = [&gate] { return gate.Wait(); };
  const auto writer = Make(options);
  Checkpoint live = MakeCheckpoint(5);
  const Checkpoint saved = Clone(live);
  ASSERT_TRUE(writer->Write(live, Tensors(live.model)).ok());
  writer->WaitUntilCopied();
  ChangeAll(&live);
  EXPECT_FALSE(fs::exists(options.folder + "/step_5"));
  gate.Open();
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(writer->LastGood(), options.folder + "/step_5");
  ExpectSame(**LoadLatestCheckpoint(options.folder), saved);
}

// Running means change already in the next forward pass.
TEST(CheckpointWriter, WhatIsNoParameterIsCopiedAtOnce) {
  const CheckpointWriterOptions options = Options("buffers");
  const auto writer = Make(options);
  Checkpoint live = MakeCheckpoint(5);
  const Checkpoint saved = Clone(live);
  ASSERT_TRUE(writer->Write(live, {live.model.at("w")}).ok());
  live.model.at("b").add_(1);  // without waiting
  writer->WaitUntilCopied();
  ASSERT_TRUE(writer->Finish().ok());
  ExpectSame(**LoadLatestCheckpoint(options.folder), saved);
}

TEST(CheckpointWriter, OneAfterTheOtherThroughTheSameBuffers) {
  const CheckpointWriterOptions options = Options("several");
  const auto writer = Make(options);
  Checkpoint live = MakeCheckpoint(0);
  live.model["strided"] = at::randn({4, 6}).t();
  for (int64_t step = 1; step <= 8; ++step) {
    writer->WaitUntilCopied();
    ChangeAll(&live);
    live.step = step;
    ASSERT_TRUE(writer->Write(live, Tensors(live.model)).ok());
  }
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(CheckpointSteps(options.folder), (std::vector<int64_t>{8, 7, 6}));
  ExpectSame(**LoadLatestCheckpoint(options.folder), live);
  // A second Finish does nothing.
  EXPECT_TRUE(writer->Finish().ok());
}

TEST(CheckpointWriter, LeavingWaitsForTheWrite) {
  const CheckpointWriterOptions options = Options("leaving");
  const Checkpoint live = MakeCheckpoint(5);
  ASSERT_TRUE(Make(options)->Write(live, Tensors(live.model)).ok());
  ExpectSame(**LoadLatestCheckpoint(options.folder), live);
}

// A disk that is full for one checkpoint costs only that one.
TEST(CheckpointWriter, GoesOnAfterAFailureThatDoesNotLast) {
  CheckpointWriterOptions options = Options("once");
  // The probe's five calls come first; the 8th opens, writes, ...
  FaultyFileSystem files({8, Fault::kError, ENOSPC});
  options.files = &files;
  const auto writer = Make(options);
  const Checkpoint five = MakeCheckpoint(5), nine = MakeCheckpoint(9);
  ASSERT_TRUE(writer->Write(five, Tensors(five.model)).ok());
  ASSERT_TRUE(writer->Write(nine, Tensors(nine.model)).ok());
  EXPECT_EQ(CheckpointSteps(options.folder), std::vector<int64_t>{9});
  EXPECT_TRUE(writer->Finish().ok());
  EXPECT_EQ(writer->LastGood(), options.folder + "/step_9");
}

TEST(CheckpointWriter, AFailureThatLastsEndsInAnErrorAndKeepsTheLastGood) {
  CheckpointWriterOptions options = Options("lasting");
  const Checkpoint two = MakeCheckpoint(2), five = MakeCheckpoint(5);
  {
    const auto writer = Make(options);
    ASSERT_TRUE(writer->Write(two, Tensors(two.model)).ok());
  }
  FaultyFileSystem files({8, Fault::kFull});
  options.files = &files;
  options.last_good = 2;
  const auto writer = Make(options);
  ASSERT_TRUE(writer->Write(five, Tensors(five.model)).ok());
  const absl::Status status =
      writer->Write(MakeCheckpoint(9), Tensors(five.model));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("step_9.partial/model.safetensors"));
  EXPECT_EQ(writer->LastGood(), options.folder + "/step_2");
  ExpectSame(**LoadLatestCheckpoint(options.folder), two);
}

TEST(CheckpointWriter, TheLastFailureComesOutAtTheEnd) {
  CheckpointWriterOptions options = Options("end");
  FaultyFileSystem files({8, Fault::kFull});
  options.files = &files;
  const auto writer = Make(options);
  const Checkpoint five = MakeCheckpoint(5);
  ASSERT_TRUE(writer->Write(five, Tensors(five.model)).ok());
  EXPECT_EQ(writer->Finish().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(writer->LastGood(), "none");
}

TEST(CheckpointWriter, AnUnwritableFolderIsKnownAtTheStart) {
  CheckpointWriterOptions options;
  options.folder = "/proc/no/such/folder";
  const auto writer = CheckpointWriter::Create(options, MakeCheckpoint(0));
  EXPECT_THAT(std::string(writer.status().message()),
              HasSubstr("/proc/no/such/folder"));
}

}  // namespace
}  // namespace caldera::ssl
