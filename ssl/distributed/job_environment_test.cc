#include "ssl/distributed/job_environment.h"

#include <unistd.h>

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Variables = std::map<std::string, std::string>;

absl::StatusOr<JobEnvironment> Read(
    const Variables& variables, const std::vector<std::string>& command = {}) {
  return ReadJobEnvironment(
      [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      },
      [&](int64_t) { return command; });
}

std::string ErrorOf(const Variables& variables) {
  return std::string(Read(variables).status().message());
}

Variables With(Variables variables, const Variables& others) {
  for (const auto& [name, value] : others) variables[name] = value;
  return variables;
}

// What srun -n 4 on two nodes sets for its task `rank`, or a part of it.
Variables Step(int rank) {
  return {{"SLURM_JOB_ID", "1234"},
          {"SLURM_JOB_NAME", "train"},
          {"SLURM_STEP_ID", "0"},
          {"SLURM_NTASKS", "4"},
          {"SLURM_STEP_NUM_TASKS", "4"},
          {"SLURM_PROCID", std::to_string(rank)},
          {"SLURM_LOCALID", std::to_string(rank % 2)},
          {"SLURM_NODEID", std::to_string(rank / 2)},
          {"SLURM_STEP_TASKS_PER_NODE", "2(x2)"},
          {"SLURM_STEP_NODELIST", "gpu-node-[07-08]"}};
}

// What salloc -n 2 sets for its shell.
const Variables kAllocation = {{"SLURM_JOB_ID", "7"},
                               {"SLURM_JOB_NAME", "interactive"},
                               {"SLURM_JOB_NODELIST", "gpu07"},
                               {"SLURM_NTASKS", "2"}};

TEST(JobEnvironmentTest, AloneWithoutALauncher) {
  const auto job = Read({});
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->rank, 0);
  EXPECT_EQ(job->world_size, 1);
  EXPECT_EQ(job->note, "");
}

TEST(JobEnvironmentTest, TorchrunCountsBeforeTheSrunAroundIt) {
  const auto job = Read({{"RANK", "5"},
                         {"WORLD_SIZE", "8"},
                         {"LOCAL_RANK", "1"},
                         {"LOCAL_WORLD_SIZE", "4"},
                         {"GROUP_WORLD_SIZE", "2"},
                         {"TORCHELASTIC_RUN_ID", "none"},
                         {"MASTER_ADDR", "gpu07"},
                         {"MASTER_PORT", "1234"},
                         {"SLURM_STEP_ID", "0"},
                         {"SLURM_PROCID", "1"},
                         {"SLURM_NTASKS", "2"}});
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->rank, 5);
  EXPECT_EQ(job->world_size, 8);
  EXPECT_EQ(job->local_rank, 1);
  EXPECT_EQ(job->local_size, 4);
  EXPECT_EQ(job->master_addr, "gpu07");
  EXPECT_EQ(job->master_port, 1234);
  EXPECT_THAT(job->spare_ports, SizeIs(0));
  EXPECT_EQ(ProcessesText(*job),
            "8 processes on 2 machines (torchrun: RANK, WORLD_SIZE, "
            "LOCAL_RANK, LOCAL_WORLD_SIZE)");
}

// Since PyTorch 2.4 torchrun has a store of its own at MASTER_PORT.
TEST(JobEnvironmentTest, TorchrunsOwnPortIsLeftToIt) {
  Variables variables = {{"RANK", "1"},
                         {"WORLD_SIZE", "2"},
                         {"TORCHELASTIC_RUN_ID", "none"},
                         {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                         {"MASTER_ADDR", "127.0.0.1"},
                         {"MASTER_PORT", "29500"}};
  const auto job = Read(variables);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_NE(job->master_port, 29500);
  EXPECT_THAT(job->spare_ports, SizeIs(7));
  EXPECT_EQ(Read(With(variables, {{"RANK", "0"}}))->master_port,
            job->master_port);
  EXPECT_NE(Read(With(variables, {{"TORCHELASTIC_RESTART_COUNT", "1"}}))->id,
            job->id);
  variables["TORCHELASTIC_USE_AGENT_STORE"] = "False";
  EXPECT_EQ(Read(variables)->master_port, 29500);
}

TEST(JobEnvironmentTest, SlurmStep) {
  const auto job = Read(Step(3));
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->rank, 3);
  EXPECT_EQ(job->world_size, 4);
  EXPECT_EQ(job->local_rank, 1);
  EXPECT_EQ(job->local_size, 2);
  EXPECT_EQ(job->master_addr, "gpu-node-07");
  EXPECT_EQ(job->doubt, "");
  EXPECT_EQ(ProcessesText(*job),
            "4 processes on 2 machines (Slurm step 1234.0: SLURM_PROCID, "
            "SLURM_STEP_NUM_TASKS, SLURM_LOCALID)");
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

TEST(JobEnvironmentTest, SlurmOnOneMachineNeedsNoName) {
  const auto job = Read(With(Step(1), {{"SLURM_STEP_NODELIST", "gpu07"}}));
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->master_addr, "127.0.0.1");
  EXPECT_EQ(job->machines, 1);
}

TEST(JobEnvironmentTest, APortForEachSlurmJob) {
  const auto job = Read(Step(0));
  EXPECT_EQ(Read(Step(3))->master_port, job->master_port);
  EXPECT_EQ(Read(Step(3))->spare_ports, job->spare_ports);
  EXPECT_GE(job->master_port, 15000);
  EXPECT_LT(job->master_port, 30000);
  for (const char* other : {"SLURM_JOB_ID", "SLURM_STEP_ID"}) {
    EXPECT_NE(Read(With(Step(0), {{other, "5"}}))->master_port,
              job->master_port);
  }
  const auto chosen = Read(With(Step(0), {{"MASTER_PORT", "4000"}}));
  EXPECT_EQ(chosen->master_port, 4000);
  EXPECT_THAT(chosen->spare_ports, SizeIs(0));
}

TEST(JobEnvironmentTest, AloneWhereSrunStartedNothing) {
  const Variables batch = With(kAllocation, {{"SLURM_JOB_NAME", "train"},
                                             {"SLURM_PROCID", "0"},
                                             {"SLURM_LOCALID", "0"},
                                             {"SLURM_NODEID", "0"}});
  for (const Variables& variables :
       {kAllocation, batch, With(batch, {{"SLURM_STEP_ID", "4294967291"}}),
        With(batch, {{"SLURM_STEP_ID", "4294967290"}}),
        With(batch, {{"SLURM_STEP_ID", "batch"}}),
        With(batch, {{"SLURM_STEP_ID", "interactive"}})}) {
    const auto job = Read(variables);
    ASSERT_TRUE(job.ok()) << job.status();
    EXPECT_EQ(job->world_size, 1);
    EXPECT_THAT(job->note, AllOf(HasSubstr("SLURM_NTASKS=2 does not count"),
                                 HasSubstr("start all by srun -n 2")));
  }
}

TEST(JobEnvironmentTest, AloneInAStepOfOneTask) {
  const auto job = Read(With(kAllocation, {{"SLURM_PROCID", "0"},
                                           {"SLURM_STEP_ID", "0"},
                                           {"SLURM_STEP_NUM_TASKS", "1"}}));
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->world_size, 1);
  EXPECT_EQ(job->note, "");
}

TEST(JobEnvironmentTest, ShellsOfSrun) {
  const Variables shell = With(kAllocation, {{"SLURM_PROCID", "0"},
                                             {"SLURM_LOCALID", "0"},
                                             {"SLURM_STEP_ID", "0"},
                                             {"SLURM_STEP_NODELIST", "gpu07"},
                                             {"SLURM_PTY_PORT", "4711"},
                                             {"SLURM_TASK_PID", "99"}});
  for (const Variables& variables :
       {shell, With(shell, {{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}})}) {
    // A shell that somebody types into.
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{
             {"bash"}, {"-bash"}, {"/bin/zsh", "-i", "-l"}}) {
      const auto job = Read(variables, command);
      ASSERT_TRUE(job.ok()) << job.status();
      EXPECT_EQ(job->world_size, 1);
      EXPECT_THAT(job->note, HasSubstr("SLURM_TASK_PID=99 is"));
    }
    // A real task of a later srun, which inherits SLURM_PTY_PORT.
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"pretrain", "--spec=a"},
                                               {"bash", "train.sh"},
                                               {"sh", "-c", "pretrain"}}) {
      const auto job = Read(variables, command);
      ASSERT_TRUE(job.ok()) << job.status();
      EXPECT_EQ(job->world_size, 2);
      EXPECT_EQ(job->doubt, "");
    }
    // Nobody can tell.
    EXPECT_EQ(Read(variables)->doubt, "SLURM_PTY_PORT is set");
  }
  EXPECT_EQ(Read(shell, {"/bin/sh", "/var/spool/slurmd/job7/slurm_script"})
                ->world_size,
            1);
  Variables named = With(shell, {{"SLURM_JOB_NAME", "bash"}});
  named.erase("SLURM_PTY_PORT");
  EXPECT_EQ(Read(named)->doubt, "SLURM_JOB_NAME=bash");
  named["SLURM_PROCID"] = "1";  // so there are others
  EXPECT_EQ(Read(named)->doubt, "");
}

TEST(JobEnvironmentTest, MpirunCountsBeforeSlurm) {
  const Variables batch = With(kAllocation, {{"SLURM_PROCID", "0"}});
  for (const Variables& around : {kAllocation, batch, Step(0)}) {
    for (const char* rank : {"0", "1"}) {
      const auto mpich =
          Read(With(around, {{"PMI_RANK", rank}, {"PMI_SIZE", "3"}}));
      ASSERT_TRUE(mpich.ok()) << mpich.status();
      EXPECT_EQ(mpich->rank, rank[0] - '0');
      EXPECT_EQ(mpich->world_size, 3);
      EXPECT_THAT(mpich->launcher, HasSubstr("PMI_RANK, PMI_SIZE"));
    }
  }
  // Of the same size as the job.
  for (const char* rank : {"0", "1"}) {
    const auto job = Read(With(batch, {{"PMI_RANK", rank}, {"PMI_SIZE", "2"}}));
    ASSERT_TRUE(job.ok()) << job.status();
    EXPECT_EQ(job->rank, rank[0] - '0');
    EXPECT_EQ(job->world_size, 2);
  }
}

TEST(JobEnvironmentTest, IntelMpi) {
  const auto job = Read({{"PMI_RANK", "3"},
                         {"PMI_SIZE", "4"},
                         {"MPI_LOCALRANKID", "1"},
                         {"MPI_LOCALNRANKS", "2"},
                         {"MASTER_ADDR", "[fd00::7]"}});
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->local_rank, 1);
  EXPECT_EQ(job->local_size, 2);
  EXPECT_EQ(job->machines, 2);
  EXPECT_EQ(job->master_addr, "fd00::7");
}

TEST(JobEnvironmentTest, Mvapich) {
  const auto job = Read({{"MV2_COMM_WORLD_RANK", "1"},
                         {"MV2_COMM_WORLD_SIZE", "2"},
                         {"MV2_COMM_WORLD_LOCAL_RANK", "1"},
                         {"MV2_COMM_WORLD_LOCAL_SIZE", "2"}});
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->rank, 1);
  EXPECT_EQ(job->world_size, 2);
}

TEST(JobEnvironmentTest, OpenMpiOnOneMachine) {
  const auto job = Read({{"OMPI_COMM_WORLD_RANK", "1"},
                         {"OMPI_COMM_WORLD_SIZE", "2"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                         {"PMIX_RANK", "1"}});
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->rank, 1);
  EXPECT_EQ(job->master_addr, "127.0.0.1");
}

TEST(JobEnvironmentTest, OpenMpiOnTheHostsOfSlurm) {
  const Variables mpi = {{"OMPI_COMM_WORLD_RANK", "0"},
                         {"OMPI_COMM_WORLD_SIZE", "4"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "0"},
                         {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
  // Rank 0 knows as well as the others that there are several machines.
  EXPECT_THAT(ErrorOf(mpi), HasSubstr("MASTER_ADDR: not set"));
  const auto job =
      Read(With(mpi, {{"SLURM_JOB_NODELIST", "rack[1-2]-n[01-02]"}}));
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->master_addr, "rack1-n01");
}

// The idiom of many scripts for sbatch: srun's ranks, and the rest by hand.
TEST(JobEnvironmentTest, AnExportedWorldSizeBesideSrun) {
  const auto job = Read(With(Step(2), {{"WORLD_SIZE", "4"}}));
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->rank, 2);
  EXPECT_EQ(Read(With(Step(2), {{"WORLD_SIZE", "1"}}))->world_size, 4);
  EXPECT_THAT(ErrorOf(With(Step(2), {{"WORLD_SIZE", "8"}})),
              HasSubstr("WORLD_SIZE: 8 is not the number of processes of Slurm "
                        "step 1234.0"));
  const auto named = Read(With(Step(3), {{"WORLD_SIZE", "4"}, {"RANK", "3"}}));
  EXPECT_EQ(named->local_rank, 1);
  EXPECT_EQ(named->local_size, 2);
}

TEST(JobEnvironmentTest, AWorldOfOneIsAlone) {
  for (const Variables& variables : std::vector<Variables>{
           {{"WORLD_SIZE", "1"}},
           {{"WORLD_SIZE", " 1 "}},
           {{"RANK", "0"}, {"WORLD_SIZE", "1"}, {"MASTER_ADDR", "nowhere"}},
           {{"RANK", "0"}, {"WORLD_SIZE", "1"}, {"MASTER_PORT", "x"}},
           {{"OMPI_COMM_WORLD_SIZE", "1"}},
           {{"MV2_COMM_WORLD_SIZE", "1"}},
           {{"PMI_SIZE", "1"}},
           {{"SLURM_NTASKS", "1"}},
           {{"SLURM_NPROCS", "1"}, {"SLURM_PROCID", "0"}},
           {{"SLURM_PROCID", "0"}}}) {
    const auto job = Read(variables);
    ASSERT_TRUE(job.ok()) << job.status();
    EXPECT_EQ(job->world_size, 1);
    EXPECT_EQ(job->note, "");
  }
  // Said for this process alone, it counts before Slurm.
  const auto job = Read(With(Step(0), {{"RANK", "0"}, {"WORLD_SIZE", "1"}}));
  EXPECT_EQ(job->world_size, 1);
  EXPECT_EQ(job->note, "WORLD_SIZE=1 counts, not SLURM_STEP_NUM_TASKS=4");
}

TEST(JobEnvironmentTest, ErrorsNameTheVariable) {
  EXPECT_THAT(ErrorOf({{"RANK", "0"}}),
              HasSubstr("WORLD_SIZE: not set, though RANK=0 is"));
  EXPECT_THAT(ErrorOf({{"WORLD_SIZE", "4"}}),
              HasSubstr("RANK: not set, though WORLD_SIZE=4 is"));
  EXPECT_THAT(ErrorOf({{"PMI_SIZE", "4"}}), HasSubstr("PMI_RANK: not set"));
  EXPECT_THAT(ErrorOf(With(kAllocation, {{"WORLD_SIZE", "2"}})),
              HasSubstr("RANK: not set"));
  EXPECT_THAT(ErrorOf({{"WORLD_SIZE", "0"}}), HasSubstr("WORLD_SIZE: 0 is"));
  EXPECT_THAT(ErrorOf({{"PMIX_RANK", "1"}}), HasSubstr("PMIX_RANK: 1"));
  EXPECT_THAT(ErrorOf({{"RANK", "two"}, {"WORLD_SIZE", "4"}}),
              HasSubstr("RANK: two is not a whole number from 0 to 3"));
  EXPECT_THAT(ErrorOf({{"RANK", "4"}, {"WORLD_SIZE", "4"}}),
              HasSubstr("RANK: 4 is not"));
  EXPECT_THAT(
      ErrorOf({{"RANK", "1"}, {"WORLD_SIZE", "1"}}),
      HasSubstr(
          "RANK: 1 is not a whole number from 0 to 0, since WORLD_SIZE=1"));
  EXPECT_THAT(ErrorOf({{"RANK", "1"},
                       {"WORLD_SIZE", "2"},
                       {"MASTER_ADDR", "a"},
                       {"MASTER_PORT", "99999"}}),
              HasSubstr("MASTER_PORT: 99999"));
  EXPECT_THAT(ErrorOf({{"OMPI_COMM_WORLD_RANK", "3"},
                       {"OMPI_COMM_WORLD_SIZE", "4"},
                       {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}}),
              HasSubstr("MASTER_ADDR: not set"));
  EXPECT_THAT(ErrorOf(With(Step(0), {{"SLURM_PROCID", "9"}})),
              HasSubstr("SLURM_PROCID: 9"));
}

TEST(CommandOfAncestor, OfThisProcessAndOfNoStranger) {
  EXPECT_THAT(CommandOfAncestor(getpid())[0],
              HasSubstr("job_environment_test"));
  EXPECT_THAT(CommandOfAncestor(getppid()), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(CommandOfAncestor(0), testing::IsEmpty());
  EXPECT_THAT(CommandOfAncestor(1 << 30), testing::IsEmpty());
}

}  // namespace
}  // namespace caldera::ssl
