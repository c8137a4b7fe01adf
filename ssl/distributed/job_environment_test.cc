#include "ssl/distributed/job_environment.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<JobEnvironment> Read(
    const std::map<std::string, std::string>& variables) {
  return ReadJobEnvironment(
      [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      });
}

TEST(JobEnvironmentTest, AloneWithoutALauncher) {
  const auto job = Read({});
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->rank, 0);
  EXPECT_EQ(job->world_size, 1);
}

TEST(JobEnvironmentTest, Torchrun) {
  const auto job = Read({{"RANK", "5"},
                         {"WORLD_SIZE", "8"},
                         {"LOCAL_RANK", "1"},
                         {"MASTER_ADDR", "gpu07"},
                         {"MASTER_PORT", "1234"},
                         {"SLURM_PROCID", "1"},
                         {"SLURM_NTASKS", "2"}});
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->rank, 5);
  EXPECT_EQ(job->world_size, 8);
  EXPECT_EQ(job->local_rank, 1);
  EXPECT_EQ(job->master_addr, "gpu07");
  EXPECT_EQ(job->master_port, 1234);
}

TEST(JobEnvironmentTest, SlurmNamesItsFirstHost) {
  const auto job = Read({{"SLURM_PROCID", "3"},
                         {"SLURM_NTASKS", "4"},
                         {"SLURM_LOCALID", "1"},
                         {"SLURM_STEP_NODELIST", "gpu[07-09,12]"}});
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->rank, 3);
  EXPECT_EQ(job->local_rank, 1);
  EXPECT_EQ(job->master_addr, "gpu07");
}

TEST(JobEnvironmentTest, OpenMpiOnOneMachine) {
  const auto job = Read({{"OMPI_COMM_WORLD_RANK", "1"},
                         {"OMPI_COMM_WORLD_SIZE", "2"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}});
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->rank, 1);
  EXPECT_EQ(job->master_addr, "127.0.0.1");
}

TEST(JobEnvironmentTest, ErrorsNameTheVariable) {
  EXPECT_THAT(Read({{"RANK", "0"}}).status().message(),
              HasSubstr("WORLD_SIZE: not set"));
  EXPECT_THAT(Read({{"RANK", "two"}, {"WORLD_SIZE", "4"}}).status().message(),
              HasSubstr("RANK: two is not a whole number from 0 to 3"));
  EXPECT_THAT(Read({{"RANK", "4"}, {"WORLD_SIZE", "4"}}).status().message(),
              HasSubstr("RANK: 4 is not"));
  EXPECT_THAT(Read({{"RANK", "1"},
                    {"WORLD_SIZE", "2"},
                    {"MASTER_ADDR", "a"},
                    {"MASTER_PORT", "99999"}})
                  .status()
                  .message(),
              HasSubstr("MASTER_PORT: 99999"));
  EXPECT_THAT(Read({{"OMPI_COMM_WORLD_RANK", "3"},
                    {"OMPI_COMM_WORLD_SIZE", "4"},
                    {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}})
                  .status()
                  .message(),
              HasSubstr("MASTER_ADDR: not set"));
}

TEST(JobEnvironmentTest, FirstHostOfANodeList) {
  EXPECT_EQ(FirstHost("gpu[07-09,12],login"), "gpu07");
  EXPECT_EQ(FirstHost("a,b"), "a");
  EXPECT_EQ(FirstHost("node-3"), "node-3");
  EXPECT_EQ(FirstHost("rack[2,4]n[1-3].site"), "rack2n1.site");
  EXPECT_EQ(FirstHost("broken[1"), "broken1");
}

}  // namespace
}  // namespace caldera::ssl
