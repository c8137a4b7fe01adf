#include "ssl/distributed/meeting.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ssl/distributed/free_port_testing.h"
#include "ssl/distributed/meeting_host.h"

namespace caldera::ssl {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr uint16_t kStorePort = 4711;

class MeetingTest : public testing::Test {
 protected:
  // Returns the plan of a rank of three, with times for which a test can wait.
  MeetingPlan Plan(int64_t rank) {
    MeetingPlan plan;
    plan.rank = rank;
    plan.size = 3;
    plan.host = "127.0.0.1";
    plan.ports = {port_};
    plan.job = "--spec=a";
    plan.timeout = milliseconds(20000);
    plan.handover = milliseconds(300);
    plan.name_patience = milliseconds(300);
    plan.answer_patience = milliseconds(1000);
    plan.say = [this](const std::string& line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      said_ += line + "\n";
    };
    return plan;
  }

  std::unique_ptr<MeetingHost> Open(const MeetingPlan& plan) {
    auto host = MeetingHost::Open(plan);
    EXPECT_TRUE(host.ok()) << host.status();
    return host.ok() ? *std::move(host) : nullptr;
  }

  // Starts a rank in a thread of its own.
  static std::future<absl::StatusOr<Met>> Join(const MeetingPlan& plan) {
    return std::async(std::launch::async, JoinMeeting, plan);
  }

  std::string Said() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return said_;
  }

  // Opens, gathers all and expects that they meet; returns rank 0's part.
  Met ExpectMeeting(const MeetingPlan& rank0, const MeetingPlan& rank1,
                    const MeetingPlan& rank2) {
    auto second = Join(rank2);
    const auto host = Open(rank0);
    auto first = Join(rank1);
    const auto met = host->Gather(kStorePort);
    EXPECT_TRUE(met.ok()) << met.status();
    for (auto* const rank : {&first, &second}) {
      const auto other = rank->get();
      EXPECT_TRUE(other.ok()) << other.status();
      if (!other.ok()) continue;
      EXPECT_EQ(other->store_port, kStorePort);
      EXPECT_EQ(other->own_address, met->own_address);
    }
    return *met;
  }

  const uint16_t port_ = FreePort();

 private:
  std::mutex mutex_;
  std::string said_;
};

// Connects to the port and sends `text`; the connection is left open.
int Shout(uint16_t port, const std::string& text) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
            0);
  EXPECT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), text.size());
  return fd;
}

TEST_F(MeetingTest, AllMeet) {
  const Met met = ExpectMeeting(Plan(0), Plan(1), Plan(2));
  EXPECT_EQ(met.own_address, "127.0.0.1");
  EXPECT_EQ(met.store_port, kStorePort);
  EXPECT_EQ(Said(), "");
}

TEST_F(MeetingTest, AtAnAddressOfIpv6) {
  MeetingPlan plans[] = {Plan(0), Plan(1), Plan(2)};
  for (MeetingPlan& plan : plans) plan.host = "::1";
  if (!IsOfThisMachine(ResolveHost("::1", 1, milliseconds(1000))->at(0))) {
    GTEST_SKIP() << "this machine has no IPv6";
  }
  EXPECT_EQ(ExpectMeeting(plans[0], plans[1], plans[2]).own_address, "::1");
}

TEST_F(MeetingTest, StrangersDisturbNothing) {
  const auto host = Open(Plan(0));
  const int silent = Shout(port_, "");
  const int http = Shout(port_, "GET / HTTP/1.1\r\n\r\n");
  const int half = Shout(port_, "caldera\t1\t1");
  const int wrong = Shout(port_, "caldera\t1\tx\ty\n");
  const int endless = Shout(port_, std::string(1 << 17, 'x'));
  auto first = Join(Plan(1)), second = Join(Plan(2));
  EXPECT_TRUE(host->Gather(kStorePort).ok());
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  for (const int fd : {silent, http, half, wrong, endless}) close(fd);
}

TEST_F(MeetingTest, NamesWhoIsMissing) {
  MeetingPlan plan = Plan(0);
  plan.timeout = milliseconds(700);
  plan.say_after = milliseconds(100);
  const auto host = Open(plan);
  MeetingPlan other = Plan(1);
  auto first = Join(other);
  const auto met = host->Gather(kStorePort);
  EXPECT_EQ(met.status().code(), absl::StatusCode::kUnavailable);
  const auto text =
      AllOf(HasSubstr("rank 0 of 3 did not meet the others at 127.0.0.1:"),
            HasSubstr("within 0.7 s: rank 2 did not come"));
  EXPECT_THAT(met.status().message(), text);
  EXPECT_THAT(Said(), HasSubstr("waiting for rank 2 of 3 at 127.0.0.1:"));
  EXPECT_THAT(first.get().status().message(), text);  // who came learns it too
}

TEST_F(MeetingTest, NamesWhoCameAndLeft) {
  MeetingPlan plan = Plan(0);
  plan.timeout = milliseconds(1000);
  const auto host = Open(plan);
  close(Shout(port_, MeetingLine({"2", "process 5 on node09", plan.job})));
  EXPECT_THAT(
      host->Gather(kStorePort).status().message(),
      HasSubstr("ranks 1, 2 (rank 2 came and left: process 5 on node09)"));
}

TEST_F(MeetingTest, SaysThatRankZeroIsNotThere) {
  MeetingPlan plan = Plan(2);
  plan.timeout = milliseconds(500);
  plan.say_after = milliseconds(100);
  EXPECT_THAT(JoinMeeting(plan).status().message(),
              AllOf(HasSubstr("rank 2 of 3 did not meet the others"),
                    HasSubstr("rank 0 was not there (Connection refused)")));
  EXPECT_THAT(Said(), HasSubstr("rank 2 waits for rank 0 at 127.0.0.1:"));
}

TEST_F(MeetingTest, ASecondJobLearnsWhatHoldsThePort) {
  const auto host = Open(Plan(0));
  MeetingPlan second = Plan(0);
  second.job = "--spec=b";
  const auto opened = MeetingHost::Open(second);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(),
              AllOf(HasSubstr("MASTER_PORT: 127.0.0.1:"),
                    HasSubstr("another job (--spec=a; rank 0 is process " +
                              std::to_string(getpid())),
                    HasSubstr("this job (--spec=b)")));
  // Its other ranks, before and after the first job has met.
  second.rank = 1;
  const auto refused = [&] {
    return std::string(JoinMeeting(second).status().message());
  };
  EXPECT_THAT(refused(), AllOf(HasSubstr("rank 1 of 3 (--spec=b)"),
                               HasSubstr("another job (--spec=a; rank 0")));
  auto first = Join(Plan(1)), other = Join(Plan(2));
  EXPECT_TRUE(host->Gather(kStorePort).ok());
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(other.get().ok());
  EXPECT_THAT(refused(), HasSubstr("another job (--spec=a; rank 0"));
}

TEST_F(MeetingTest, TheSameJobTwice) {
  const auto host = Open(Plan(0));
  EXPECT_THAT(MeetingHost::Open(Plan(0)).status().message(),
              HasSubstr("the same job, started before (rank 0 is process"));
  auto first = Join(Plan(1)), second = Join(Plan(2));
  EXPECT_TRUE(host->Gather(kStorePort).ok());
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  EXPECT_THAT(JoinMeeting(Plan(1)).status().message(),
              HasSubstr("the same job, started before (rank 1 is process"));
}

TEST_F(MeetingTest, AnotherProgramHoldsThePort) {
  const Listener listener(port_);
  EXPECT_THAT(MeetingHost::Open(Plan(0)).status().message(),
              HasSubstr("another program, which is no job of this one"));
  EXPECT_THAT(JoinMeeting(Plan(1)).status().message(),
              HasSubstr("another program, which is no job of this one"));
}

TEST_F(MeetingTest, WaitsForTheLastJobToLeave) {
  auto listener = std::make_unique<Listener>(port_);
  MeetingPlan plans[] = {Plan(0), Plan(1), Plan(2)};
  for (MeetingPlan& plan : plans) plan.handover = milliseconds(20000);
  std::thread leaves([&] {
    std::this_thread::sleep_for(milliseconds(400));
    listener.reset();
  });
  ExpectMeeting(plans[0], plans[1], plans[2]);
  leaves.join();
}

TEST_F(MeetingTest, AtASparePort) {
  const Listener listener(port_);
  MeetingPlan other = Plan(0);
  other.job = "--spec=b";
  other.ports = {FreePort()};
  const auto other_host = Open(other);
  MeetingPlan plans[] = {Plan(0), Plan(1), Plan(2)};
  const uint16_t spare = FreePort();
  for (MeetingPlan& plan : plans) {
    plan.ports = {port_, other.ports[0], spare};
  }
  ExpectMeeting(plans[0], plans[1], plans[2]);
}

TEST_F(MeetingTest, ANameThatDoesNotResolve) {
  MeetingPlan plan = Plan(0);
  plan.host = "no.such.host.invalid";
  for (const auto& status :
       {MeetingHost::Open(plan).status(), JoinMeeting(plan).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(
        status.message(),
        AllOf(HasSubstr("MASTER_ADDR: no.such.host.invalid does not resolve"),
              HasSubstr("the machine of rank 0")));
  }
}

TEST_F(MeetingTest, TheLoopbackOfSeveralMachines) {
  for (const char* host : {"localhost", "127.0.0.1", "::1"}) {
    MeetingPlan plan = Plan(1);
    plan.host = host;
    plan.machines = 2;
    EXPECT_THAT(JoinMeeting(plan).status().message(),
                HasSubstr("is each machine itself, but there are 2"));
  }
}

TEST_F(MeetingTest, AnAddressOfAnotherMachine) {
  MeetingPlan plan = Plan(0);
  plan.host = "192.0.2.77";  // of documents, nobody's
  plan.timeout = milliseconds(300);
  EXPECT_THAT(Open(plan)->Gather(kStorePort).status().message(),
              HasSubstr("MASTER_ADDR=192.0.2.77 is 192.0.2.77, which is no "
                        "address of this machine"));
}

TEST_F(MeetingTest, DoubtsAnInteractiveShell) {
  MeetingPlan plan = Plan(0);
  plan.doubt = "SLURM_JOB_NAME=bash";
  plan.doubt_patience = milliseconds(300);
  const auto met = Open(plan)->Gather(kStorePort);
  EXPECT_EQ(met.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(met.status().message(),
              AllOf(HasSubstr("SLURM_JOB_NAME=bash"), HasSubstr("srun -n 3"),
                    HasSubstr("RANK=0 WORLD_SIZE=1")));
  // One that comes shows that it is none.
  const auto host = Open(plan);
  auto first = Join(Plan(1));
  MeetingPlan late = Plan(2);
  std::thread comes_late([&] {
    std::this_thread::sleep_for(milliseconds(800));
    EXPECT_TRUE(JoinMeeting(late).ok());
  });
  EXPECT_TRUE(host->Gather(kStorePort).ok());
  EXPECT_TRUE(first.get().ok());
  comes_late.join();
}

TEST(MeetingLineTest, Fields) {
  const std::string line = MeetingLine({"1", "a\tb\nc", ""});
  EXPECT_THAT(MeetingFields(line), ElementsAre("1", "a b c", ""));
  EXPECT_THAT(MeetingFields("caldera\t2\tx"), IsEmpty());
  EXPECT_THAT(MeetingFields(""), IsEmpty());
}

TEST(HostAddressTest, Texts) {
  EXPECT_EQ(HostAndPort("node-1", 5), "node-1:5");
  EXPECT_EQ(HostAndPort("fd00::1", 5), "[fd00::1]:5");
  const auto address = [](const char* text) {
    return ResolveHost(text, 80, milliseconds(5000))->at(0);
  };
  EXPECT_EQ(AddressText(address("10.0.0.1")), "10.0.0.1");
  EXPECT_EQ(AddressText(address("::ffff:10.0.0.1")), "10.0.0.1");
  EXPECT_EQ(AddressText(address("fd00::1")), "fd00::1");
  EXPECT_TRUE(IsLoopback(address("127.0.1.1")));
  EXPECT_TRUE(IsLoopback(address("::1")));
  EXPECT_TRUE(IsLoopback(address("::ffff:127.0.0.1")));
  EXPECT_FALSE(IsLoopback(address("10.0.0.1")));
  EXPECT_TRUE(IsOfThisMachine(address("127.0.1.1")));
  EXPECT_FALSE(IsOfThisMachine(address("192.0.2.77")));
  EXPECT_THAT(LoopbackAddress(), Not(IsEmpty()));
}

}  // namespace
}  // namespace caldera::ssl
