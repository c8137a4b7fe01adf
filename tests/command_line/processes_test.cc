// Several processes as launchers start them, and --processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/substitute.h"
#include "ssl/distributed/free_port_testing.h"
#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string Spec(const std::string& name) {
  const std::string spec = testing::TempDir() + "/" + name + ".textproto";
  std::ofstream(spec) << R"(
inherit: "fashion_mnist/m_mae"
data { dataset: ")" << TinyData()
                      << R"(" }
encoder { image_size: 8 patch_size: 2 embed_dim: 16 depth: 2 num_heads: 2 }
mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } }
train { steps: 4 batch_size: 16 log_every_steps: 1 }
)";
  return spec;
}

std::string Pretrain(const std::string& spec, const std::string& run) {
  return absl::Substitute(
      "ssl/pretrain --device=cpu --threads=1 --noevaluate --spec=$0 "
      "--run=$1",
      Spec(spec), run);
}

// Runs a script of several commands.
Outcome StartScript(const std::string& script) {
  return Start("{ " + script + "; }");
}

// Runs it in an environment without launchers, but for `variables`.
Outcome StartIn(const std::string& variables, const std::string& command) {
  return Start(absl::Substitute(
      "env -u RANK -u WORLD_SIZE -u MASTER_ADDR -u MASTER_PORT $0 $1",
      variables, command));
}

TEST(Processes, TwoStartedByTheFlag) {
  const std::string run = Fresh("two");
  const Outcome outcome = StartIn("", Pretrain("two", run) + " --processes=2");
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text,
              HasSubstr("2 processes on 1 machine (--processes: RANK, "
                        "WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE), rank 0 of "
                        "2, local rank 0, meeting at 127.0.0.1:"));
  EXPECT_FALSE(Read(run + "/encoder.safetensors").empty());

  // The bits of two that a launcher has started.
  const std::string other = Fresh("two_by_hand");
  const Outcome by_hand = StartScript(absl::Substitute(
      "export WORLD_SIZE=2 MASTER_PORT=$0; RANK=1 $1 & RANK=0 $1; wait",
      ssl::FreePort(), Pretrain("two", other)));
  EXPECT_EQ(by_hand.status, 0) << by_hand.text;
  EXPECT_TRUE(Read(run + "/encoder.safetensors") ==
              Read(other + "/encoder.safetensors"));
}

TEST(Processes, TheFlagsMistakesAreToldOnce) {
  const std::string command = Pretrain("two", Fresh("mistakes"));
  const Outcome misspelt =
      StartIn("", command + " --processes=2 train.stepz=5");
  EXPECT_EQ(misspelt.status, 2);
  EXPECT_THAT(misspelt.text, AllOf(HasSubstr("error: "), HasSubstr("stepz"),
                                   Not(HasSubstr("rank 1"))));
  const Outcome none = StartIn("", command + " --processes=0");
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.text, HasSubstr("--processes=0 is not in [1, 1024]"));
  const Outcome twice =
      StartIn("RANK=0 WORLD_SIZE=2", command + " --processes=2");
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.text, HasSubstr("leave out --processes or the launcher"));
}

TEST(Processes, AFailureOfOneIsTheStatusOfAll) {
  // 16 images are no multiple of 3.
  const Outcome outcome =
      StartIn("", Pretrain("three", Fresh("three")) + " --processes=3");
  EXPECT_EQ(outcome.status, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("batch_size"));
}

TEST(Processes, TermStopsAllWithACheckpoint) {
  const std::string run = Fresh("stopped");
  const Outcome outcome = StartScript(
      absl::Substitute("$0 --processes=2 train.steps=1000000 & p=$$!; "
                       "until [ -s $1/metrics.jsonl ]; do sleep 0.05; done; "
                       "kill $$p; wait $$p",
                       Pretrain("stopped", run), run));
  EXPECT_EQ(outcome.status, 143) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("the same command goes on"));
}

TEST(Processes, ASecondJobOnThePortIsToldAndTheFirstGoesOn) {
  const std::string first = Fresh("first"), second = Fresh("second");
  const Outcome outcome = StartScript(absl::Substitute(
      "export MASTER_ADDR=127.0.0.1 MASTER_PORT=$0 WORLD_SIZE=2; "
      "RANK=0 $1 train.steps=1000000 2>/dev/null & a=$$!; "
      "RANK=1 $1 train.steps=1000000 2>/dev/null & b=$$!; "
      "until [ -s $3/metrics.jsonl ]; do sleep 0.05; done; "
      "RANK=0 $2; echo \"status 0: $$?\"; "
      "RANK=1 $2 data.dataset=/nonexistent; echo \"status 1: $$?\"; "
      "RANK=1 $1 train.steps=1000000; echo \"again: $$?\"; "
      "lines=$$(wc -l < $3/metrics.jsonl); sleep 1; "
      "[ $$(wc -l < $3/metrics.jsonl) -gt $$lines ] && echo unharmed; "
      "kill $$a $$b; wait $$a; echo \"first: $$?\"; wait $$b",
      ssl::FreePort(), Pretrain("a", first), Pretrain("b", second), first));
  EXPECT_THAT(outcome.text,
              AllOf(HasSubstr("is held by another job (--spec="),
                    HasSubstr("set MASTER_PORT to another port"),
                    HasSubstr("status 0: 2"), HasSubstr("status 1: 2"),
                    HasSubstr("the same job, started before (rank 1 is"),
                    HasSubstr("again: 2"), HasSubstr("unharmed"),
                    HasSubstr("first: 143")));
}

TEST(Processes, AloneWhereSrunStartedNothing) {
  const std::string job = "SLURM_JOB_ID=7 SLURM_NTASKS=2 SLURM_NNODES=1 ";
  for (const char* others :
       {"SLURM_JOB_NAME=interactive", "SLURM_PROCID=0 SLURM_LOCALID=0"}) {
    const Outcome outcome =
        StartIn(job + others, Pretrain("alone", Fresh("alone")));
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr("one process: SLURM_NTASKS=2 does not "
                                        "count, since srun did not start"));
  }
}

TEST(Processes, HalfOfALaunchersVariables) {
  EXPECT_EQ(StartIn("WORLD_SIZE=1", Pretrain("one", Fresh("one"))).status, 0);
  const Outcome outcome =
      StartIn("WORLD_SIZE=4", Pretrain("four", Fresh("four")));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.text, HasSubstr("RANK: not set, though WORLD_SIZE=4 is"));
}

TEST(Processes, ANameThatDoesNotResolve) {
  const Outcome outcome =
      StartIn("RANK=1 WORLD_SIZE=2 MASTER_ADDR=no.such.host.invalid",
              Pretrain("nowhere", Fresh("nowhere")));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.text, HasSubstr("MASTER_ADDR: no.such.host.invalid"));
}

}  // namespace
}  // namespace caldera
