#include "ssl/train/checkpoint/checkpoint_writer.h"

#include <glog/logging.h>

#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/train/checkpoint/finite_state.h"
#include "ssl/train/checkpoint/save_checkpoint.h"

namespace caldera::ssl {
namespace {

uint64_t Bytes(const Checkpoint& checkpoint) {
  uint64_t bytes = 0;
  for (const vit::StateDict* state :
       {&checkpoint.model, &checkpoint.optimizer}) {
    for (const auto& [name, tensor] : *state) bytes += tensor.nbytes();
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointWriter>> CheckpointWriter::Create(
    const CheckpointWriterOptions& options, const Checkpoint& like) {
  RETURN_IF_ERROR(PrepareCheckpoints(*options.files, options.folder,
                                     Bytes(like), options.plan));
  return std::unique_ptr<CheckpointWriter>(new CheckpointWriter(options));
}

absl::Status CheckpointWriter::Write(
    const Checkpoint& checkpoint, const std::vector<at::Tensor>& parameters) {
  const absl::Status before = Finish();
  std::unordered_set<const void*> stable;
  for (const at::Tensor& parameter : parameters) {
    stable.insert(parameter.unsafeGetTensorImpl());
  }
  step_ = checkpoint.step;
  model_.Begin(checkpoint.model, [&](const at::Tensor& tensor) {
    return stable.count(tensor.unsafeGetTensorImpl()) > 0;
  });
  optimizer_.Begin(checkpoint.optimizer,
                   [](const at::Tensor&) { return true; });
  std::promise<void> copied;
  copied_ = copied.get_future();
  written_ =
      std::async(std::launch::async, [this, step = checkpoint.step,
                                      metadata = checkpoint.metadata,
                                      copied = std::move(copied)]() mutable {
        model_.Complete();
        optimizer_.Complete();
        copied.set_value();
        absl::Status status = CheckFinite(model_.tensors());
        if (status.ok()) status = CheckFinite(optimizer_.tensors());
        if (status.ok()) {
          status = SaveCheckpoint(*options_.files, options_.folder,
                                  {step, model_.tensors(), optimizer_.tensors(),
                                   std::move(metadata)},
                                  options_.plan, options_.before_commit);
        }
        if (!status.ok()) {
          LOG(WARNING) << "no checkpoint of step " << step << ": "
                       << status.message();
        }
        return status;
      });
  return before.ok() ? before : Finish();
}

void CheckpointWriter::WaitUntilCopied() {
  if (copied_.valid()) copied_.get();
}

absl::Status CheckpointWriter::Finish() {
  if (!written_.valid()) return absl::OkStatus();
  WaitUntilCopied();
  absl::Status status = written_.get();
  if (status.ok()) options_.last_good = step_;
  return status;
}

std::string CheckpointWriter::LastGood() const {
  return options_.last_good > 0
             ? CheckpointPath(options_.folder, options_.last_good)
             : "none";
}

}  // namespace caldera::ssl
