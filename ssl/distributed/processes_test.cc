#include "ssl/distributed/processes.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "magma/manifold_loss.h"
#include "ssl/distributed/gather.h"
#include "ssl/distributed/gradient_reducer.h"
#include "ssl/distributed/processes_testing.h"

namespace caldera::ssl {
namespace {

using ::testing::HasSubstr;

// A watchdog with short times, for which a test can wait.
JoinOptions Impatient() {
  JoinOptions options;
  options.watchdog.interval = std::chrono::milliseconds(100);
  options.watchdog.patience = std::chrono::milliseconds(3000);
  return options;
}

// Returns values that are the same on all processes; a test compares their rank
// rows with them.
at::Tensor Values(at::IntArrayRef sizes, at::ScalarType type = at::kDouble) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return (at::arange(count, at::kDouble) * 0.7).sin().view(sizes).to(type);
}

at::Tensor Own(const at::Tensor& all, const Processes& processes) {
  const int64_t rows = all.size(0) / processes.size();
  return all.narrow(0, processes.rank() * rows, rows);
}

double RelativeError(const at::Tensor& value, const at::Tensor& expected) {
  return ((value - expected).norm() / expected.norm()).item<double>();
}

TEST(ProcessesTest, Exchange) {
  for (const int64_t size : {1, 2, 4}) {
    RunProcesses(size, [size](const Processes& processes) {
      EXPECT_EQ(processes.size(), size);
      const at::Tensor all = Values({4 * size, 3});
      EXPECT_TRUE(processes.Gather(Own(all, processes)).equal(all));
      const at::Tensor rank = at::full({3}, processes.rank() + 1, at::kFloat);
      EXPECT_TRUE(processes.Sum(rank).equal(
          at::full({3}, size * (size + 1) / 2, at::kFloat)));
      EXPECT_EQ(rank[0].item<double>(), processes.rank() + 1);

      at::Tensor root = at::full({2, 2}, processes.rank() + 7, at::kLong);
      processes.Broadcast({root, root.t()});
      EXPECT_EQ(root.sum().item<int64_t>(), 28);

      EXPECT_FALSE(processes.Any(false));
      EXPECT_TRUE(processes.Any(processes.rank() == size - 1));
    });
  }
}

// mean over rows of f(all rows) has the gradient of one process.
TEST(ProcessesTest, GatherRowsAndTheMeanOverProcessesGiveTheGradient) {
  for (const int64_t size : {1, 2, 4}) {
    RunProcesses(size, [](const Processes& processes) {
      const at::Tensor images = Values({8, 5}), weight = Values({5, 3});
      const auto loss = [](const at::Tensor& z) {  // reads every pair of rows
        return z.matmul(z.t()).square().mean();
      };
      const at::Tensor whole = weight.clone().requires_grad_();
      loss(images.matmul(whole)).backward();

      const at::Tensor part = weight.clone().requires_grad_();
      loss(GatherRows(Own(images, processes).matmul(part), processes))
          .backward();
      const at::Tensor mean =
          processes.Sum(part.grad()) / static_cast<double>(processes.size());
      EXPECT_LT(RelativeError(mean, whole.grad()), 1e-12);
    });
  }
}

// MAGMA's two layers, the second computed from the first.
TEST(ProcessesTest, ManifoldLossGivesTheGradientOfOneProcess) {
  for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
    for (const int64_t size : {1, 2, 4}) {
      RunProcesses(size, [type](const Processes& processes) {
        // Half a dozen sums of at most 64 products follow one another.
        const double tolerance =
            type == at::kDouble ? 1e-12
                                : 256 * std::numeric_limits<float>::epsilon();
        const at::Tensor images = Values({64, 12}, type);
        const at::Tensor first = Values({12, 16}, type);
        const at::Tensor second = Values({16, 16}, type);
        const auto run = [&](const at::Tensor& rows, at::Tensor& w1,
                             at::Tensor& w2, const magma::Exchange& exchange) {
          const at::Tensor x = rows.matmul(w1).tanh();  // [b, 16]
          const at::Tensor y = x.matmul(w2).tanh();     // [b, 16]
          const at::Tensor loss =
              magma::ManifoldLoss(x, y, {}, nullptr, exchange);
          loss.backward();
          return loss.detach();
        };
        at::Tensor a = first.clone().requires_grad_();
        at::Tensor b = second.clone().requires_grad_();
        const at::Tensor expected = run(images, a, b, {});
        at::Tensor c = first.clone().requires_grad_();
        at::Tensor d = second.clone().requires_grad_();
        const at::Tensor loss =
            run(Own(images, processes), c, d, MakeExchange(processes));
        EXPECT_LT(RelativeError(loss, expected), tolerance);
        const double share = 1.0 / static_cast<double>(processes.size());
        EXPECT_LT(RelativeError(processes.Sum(c.grad()) * share, a.grad()),
                  tolerance);
        EXPECT_LT(RelativeError(processes.Sum(d.grad()) * share, b.grad()),
                  tolerance);
      });
    }
  }
}

TEST(ProcessesTest, TheReducerAveragesDuringBackward) {
  for (const int64_t size : {1, 2, 4}) {
    RunProcesses(size, [](const Processes& processes) {
      const at::Tensor images = Values({8, 6});
      std::vector<at::Tensor> weights;
      for (int layer = 0; layer < 5; ++layer) {
        weights.push_back((Values({6, 6}) + layer).requires_grad_());
      }
      const auto loss = [&](const at::Tensor& rows) {
        at::Tensor x = rows;
        for (const at::Tensor& w : weights) x = x.matmul(w * 0.1).tanh();
        return x.square().mean();
      };
      loss(images).backward();
      std::vector<at::Tensor> expected;
      for (at::Tensor& w : weights) {
        expected.push_back(w.grad().clone());
        w.mutable_grad().reset();
      }
      GradientReducer reducer(weights, processes, {100, 600});  // 3 buckets
      for (int step = 0; step < 3; ++step) {
        reducer.Prepare();
        reducer.Backward(loss(Own(images, processes)));
        for (size_t i = 0; i < weights.size(); ++i) {
          EXPECT_LT(RelativeError(weights[i].grad(), expected[i]), 1e-12);
          weights[i].mutable_grad().reset();
        }
      }
    });
  }
}

// The output of the ranks, and their exit status.
struct Ending {
  std::string errors;
  std::vector<int> status;
};

// Starts three ranks that meet repeatedly; rank `victim` gets `signal` after a
// while, or calls `at_that_point` itself.
Ending Disturb(int victim, int signal,
               const std::function<void(const Processes&)>& at_that_point) {
  testing::internal::CaptureStderr();
  const std::vector<pid_t> ranks =
      StartProcesses(3, Impatient(), [&](const Processes& processes) {
        for (int step = 0; step < 100000; ++step) {
          if (step == 50 && processes.rank() == victim) {
            if (signal != 0) raise(signal);
            at_that_point(processes);
            return;
          }
          processes.Any(false);
          usleep(1000);
        }
      });
  Ending ending;
  for (size_t rank = 0; rank < ranks.size(); ++rank) {
    if (static_cast<int>(rank) == victim && signal == SIGSTOP) {
      ending.status.push_back(0);
      continue;
    }
    ending.status.push_back(Await(ranks[rank]));
  }
  if (signal == SIGSTOP) {
    kill(ranks[victim], SIGKILL);
    Await(ranks[victim]);
  }
  ending.errors = testing::internal::GetCapturedStderr();
  return ending;
}

TEST(ProcessesTest, AKilledRankEndsTheJobByName) {
  const Ending ending = Disturb(1, SIGKILL, nullptr);
  EXPECT_THAT(ending.errors, HasSubstr("error: rank 1 has not answered"));
  EXPECT_EQ(ending.status, (std::vector<int>{1, -SIGKILL, 1}));
}

TEST(ProcessesTest, AFrozenRankEndsTheJobByName) {
  const Ending ending = Disturb(2, SIGSTOP, nullptr);
  EXPECT_THAT(ending.errors, HasSubstr("error: rank 2 has not answered"));
  EXPECT_EQ(ending.status, (std::vector<int>{1, 1, 0}));
}

TEST(ProcessesTest, RankZeroIsNamedByTheOthers) {
  const Ending ending = Disturb(0, SIGKILL, nullptr);
  EXPECT_THAT(ending.errors, HasSubstr("error: rank 0 at 127.0.0.1"));
  EXPECT_EQ(ending.status, (std::vector<int>{-SIGKILL, 1, 1}));
}

TEST(ProcessesTest, ALiveRankThatStallsEndsTheJobByName) {
  const Ending ending = Disturb(1, 0, [](const Processes&) { sleep(60); });
  EXPECT_THAT(ending.errors, HasSubstr("error: rank 1 kept the others"));
  EXPECT_EQ(ending.status, (std::vector<int>{1, 1, 1}));
}

TEST(ProcessesTest, ARanksOwnErrorEndsTheOthersWithIt) {
  const Ending ending = Disturb(1, 0, [](const Processes& processes) {
    processes.Fail("the disk is full");
    _exit(3);
  });
  EXPECT_THAT(ending.errors,
              HasSubstr("error: rank 1 stopped: the disk is full"));
  EXPECT_EQ(ending.status, (std::vector<int>{1, 3, 1}));
}

// Rank 0 keeps the store for the others, but not for those that its own error
// has ended.
TEST(ProcessesTest, RankZerosOwnErrorEndsItSoon) {
  JoinOptions options = Impatient();
  options.watchdog.patience = std::chrono::milliseconds(60000);
  testing::internal::CaptureStderr();
  const auto start = std::chrono::steady_clock::now();
  const std::vector<pid_t> ranks =
      StartProcesses(2, options, [](const Processes& processes) {
        if (processes.rank() == 0) return processes.Fail("the disk is full");
        sleep(60);
      });
  EXPECT_EQ(Await(ranks[0]), 0);
  EXPECT_EQ(Await(ranks[1]), 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("error: rank 0 stopped: the disk is full"));
}

TEST(ProcessesTest, TheOthersWaitForLongWork) {
  const std::vector<pid_t> ranks =
      StartProcesses(2, Impatient(), [](const Processes& processes) {
        if (processes.rank() == 0)
          processes.RunWhileOthersWait([] { sleep(5); });
        EXPECT_FALSE(processes.Any(false));
      });
  for (const pid_t rank : ranks) EXPECT_EQ(Await(rank), 0);
}

// Tests the tests: the failure of a rank is noticed, and fails the test once.
TEST(RunProcessesTest, OneFaultIsReportedOnce) {
  std::vector<int> status;
  for (const pid_t rank : StartProcesses(3, {}, [](const Processes& processes) {
         EXPECT_NE(processes.rank(), 1) << "on purpose";
       })) {
    status.push_back(Await(rank));
  }
  EXPECT_EQ(status, (std::vector<int>{0, 1, 0}));
  // Expects exactly one failure.
  EXPECT_NONFATAL_FAILURE(
      RunProcesses(2, [](const Processes&) { throw std::runtime_error("it"); }),
      "{ 2, 2 }");
}

// After a failure of the test itself, ranks still report only their own.
TEST(RunProcessesTest, AnEarlierFailureIsNotTheirs) {
  const pid_t failed = fork();  // since this test is to pass
  if (failed == 0) {
    ADD_FAILURE() << "on purpose";
    int worst = 0;
    for (const pid_t rank : StartProcesses(
             2, {}, [](const Processes& p) { EXPECT_FALSE(p.Any(false)); })) {
      worst = std::max(worst, std::abs(Await(rank)));
    }
    _exit(worst);
  }
  EXPECT_EQ(Await(failed), 0);
}

TEST(ProcessesTest, SaysWhoDidNotCome) {
  JobEnvironment job;
  job.world_size = 2;
  job.master_port = FreePort();
  JoinOptions options;
  options.join_timeout = std::chrono::milliseconds(1000);
  const auto processes = Processes::Join(job, options);
  EXPECT_EQ(processes.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(processes.status().message(),
              HasSubstr("rank 0 of 2 did not meet the others at 127.0.0.1"));
}

TEST(ProcessesTest, AnInterfaceThatIsNotThere) {
  JobEnvironment job;
  job.world_size = 2;
  setenv("GLOO_SOCKET_IFNAME", "lo,no_such0", 1);
  const auto processes = Processes::Join(job);
  unsetenv("GLOO_SOCKET_IFNAME");
  EXPECT_EQ(processes.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(processes.status().message(),
              HasSubstr("GLOO_SOCKET_IFNAME: no_such0 is no network interface "
                        "of this machine; it has lo"));
}

// The environment that a launcher has left behind is told, not obeyed.
TEST(ProcessesTest, OneProcessSaysWhichVariablesDoNotCount) {
  JobEnvironment job;
  job.note = "SLURM_NTASKS=2 does not count";
  testing::internal::CaptureStderr();
  EXPECT_TRUE(Processes::Join(job).ok());
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "one process: SLURM_NTASKS=2 does not count\n");
}

}  // namespace
}  // namespace caldera::ssl
