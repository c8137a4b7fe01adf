#include "ssl/distributed/choose_gpu.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

JobEnvironment Job(int64_t local_rank, int64_t local_size) {
  JobEnvironment job;
  job.world_size = 2 * local_size;
  job.rank = local_size + local_rank;
  job.local_rank = local_rank;
  job.local_size = local_size;
  job.machines = 2;
  return job;
}

absl::StatusOr<int64_t> Choose(const JobEnvironment& job, int64_t visible,
                               const Variables& variables = {}) {
  return ChooseGpu(job, visible,
                   [&](const std::string& name) -> std::optional<std::string> {
                     const auto found = variables.find(name);
                     if (found == variables.end()) return std::nullopt;
                     return found->second;
                   });
}

TEST(ChooseGpu, OfTheLocalRank) {
  EXPECT_EQ(*Choose(JobEnvironment(), 1), 0);
  EXPECT_EQ(*Choose(Job(3, 4), 4), 3);
  EXPECT_EQ(*Choose(Job(3, 4), 8), 3);
  EXPECT_EQ(*Choose(Job(1, 2), 4, {{"SLURM_GPUS_PER_TASK", "2"}}), 1);
}

TEST(ChooseGpu, TheOnlyOneThatATaskSees) {
  EXPECT_EQ(*Choose(Job(3, 4), 1, {{"CUDA_VISIBLE_DEVICES", "3"}}), 0);
  EXPECT_EQ(
      *Choose(Job(3, 4), 1,
              {{"CUDA_VISIBLE_DEVICES", "0"}, {"SLURM_GPUS_ON_NODE", "4"}}),
      0);
  EXPECT_EQ(
      *Choose(Job(3, 4), 1,
              {{"SLURM_GPUS_PER_TASK", "1"}, {"SLURM_GPUS_ON_NODE", "1"}}),
      0);
  EXPECT_EQ(*Choose(Job(3, 4), 1, {{"SLURM_GPU_BIND", "single:1"}}), 0);
  EXPECT_EQ(*Choose(Job(3, 4), 2, {{"SLURM_TRES_PER_TASK", "gres/gpu:2"}}), 1);
}

TEST(ChooseGpu, MoreProcessesThanGpus) {
  EXPECT_THAT(Choose(Job(0, 4), 2).status().message(),
              AllOf(HasSubstr("4 processes on this machine, but 2 GPUs"),
                    HasSubstr("--device=cpu")));
  EXPECT_THAT(Choose(Job(0, 2), 1).status().message(),
              HasSubstr("1 GPU is visible;"));
  EXPECT_THAT(Choose(Job(0, 4), 1,
                     {{"CUDA_VISIBLE_DEVICES", "0"},
                      {"SLURM_GPUS_ON_NODE", "1"},
                      {"SLURM_GPU_BIND", "none"}})
                  .status()
                  .message(),
              HasSubstr("(CUDA_VISIBLE_DEVICES=0)"));
  // torchrun's processes all see the same one.
  JobEnvironment job = Job(0, 4);
  job.shares_variables = true;
  EXPECT_FALSE(Choose(job, 1, {{"CUDA_VISIBLE_DEVICES", "0"}}).ok());
  EXPECT_FALSE(Choose(Job(0, 1), 0).ok());
}

TEST(ChooseGpu, OfAMachineOfWhichNothingIsKnown) {
  JobEnvironment job = Job(5, 8);
  job.machines = 0;
  EXPECT_EQ(*Choose(job, 4), 1);
}

}  // namespace
}  // namespace caldera::ssl
