#include "ssl/distributed/choose_gpu.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

// Returns true if Slurm has been asked for GPUs of each task's own.
bool SlurmBinds(const Environment& variables) {
  return variables("SLURM_GPUS_PER_TASK").has_value() ||
         absl::StrContains(variables("SLURM_TRES_PER_TASK").value_or(""),
                           "gpu") ||
         variables("SLURM_GPU_BIND").value_or("none") != "none" ||
         absl::StrContains(variables("SLURM_TRES_BIND").value_or(""), "gpu");
}

// Returns true if this process sees other GPUs than its neighbours.
bool SeesItsOwn(const JobEnvironment& job, int64_t visible,
                const Environment& variables) {
  if (job.shares_variables) return false;
  if (SlurmBinds(variables)) return true;
  int64_t on_node = 0;
  if (absl::SimpleAtoi(variables("SLURM_GPUS_ON_NODE").value_or(""),
                       &on_node) &&
      on_node < job.local_size) {
    return false;
  }
  return visible == 1 && variables("CUDA_VISIBLE_DEVICES").has_value();
}

}  // namespace

absl::StatusOr<int64_t> ChooseGpu(const JobEnvironment& job, int64_t visible,
                                  const Environment& variables) {
  if (visible < 1) {
    return absl::InvalidArgumentError(
        "no GPU is visible; see nvidia-smi and CUDA_VISIBLE_DEVICES, or use "
        "--device=cpu");
  }
  // Where the number of processes of this machine is not known, it is not
  // known either whether there are too many.
  const bool known = job.machines > 0;
  if (known && visible < job.local_size &&
      !SeesItsOwn(job, visible, variables)) {
    const auto list = variables("CUDA_VISIBLE_DEVICES");
    return absl::InvalidArgumentError(absl::StrCat(
        job.local_size, " processes on this machine, but ", visible,
        visible == 1 ? " GPU is visible" : " GPUs are visible",
        list.has_value() ? absl::StrCat(" (CUDA_VISIBLE_DEVICES=", *list, ")")
                         : "",
        "; start at most one process for each GPU, or use --device=cpu"));
  }
  return job.local_rank % visible;
}

}  // namespace caldera::ssl
