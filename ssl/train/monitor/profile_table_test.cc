#include "ssl/train/monitor/profile_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ssl/objective/step_phase.h"
#include "ssl/train/monitor/phase_times.h"

namespace caldera::ssl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kMs = 1'000'000;

ProfileEvent Phase(const char* name, int64_t start_ms, int64_t ms) {
  return {name, true, 1, start_ms * kMs, ms * kMs, 0};
}

ProfileEvent Operation(const char* name, uint64_t thread, int64_t start_ms,
                       int64_t ms, int64_t device_ms = 0) {
  return {name, false, thread, start_ms * kMs, ms * kMs, device_ms * kMs};
}

// Returns the events of one step of 100 ms, with a second thread in its
// backward phase.
std::vector<ProfileEvent> Step(int64_t device_ms = 0) {
  return {Phase(kLoadPhase, 0, 5),
          Phase(kForwardPhase, 5, 40),
          Phase(kTermsPhase, 45, 10),
          Phase("term/magma", 46, 4),
          Phase(kBackwardPhase, 55, 30),
          Operation("linear", 1, 6, 30),
          Operation("addmm", 1, 8, 20, device_ms),
          Operation("copy", 1, 10, 4),
          Operation("addmm", 2, 56, 24, device_ms)};
}

TEST(ProfileTable, SaysWhereAStepGoes) {
  EXPECT_EQ(ProfileTable(Step(), /*steps=*/1, /*seconds=*/0.1),
            R"(| phase                 | ms a step |   share |
|-----------------------|----------:|--------:|
| loading               |     5.000 |   5.0 % |
| forward               |    40.000 |  40.0 % |
| loss terms            |    10.000 |  10.0 % |
| of which magma        |     4.000 |   4.0 % |
| backward              |    30.000 |  30.0 % |
| the rest              |    15.000 |  15.0 % |
| step                  |   100.000 | 100.0 % |

| operation | calls a step | ms a step |   share |
|-----------|-------------:|----------:|--------:|
| addmm     |          2.0 |    40.000 |  74.1 % |
| linear    |          1.0 |    10.000 |  18.5 % |
| copy      |          1.0 |     4.000 |   7.4 % |
)");
}

TEST(ProfileTable, DividesByTheSteps) {
  std::vector<ProfileEvent> events = Step();
  for (ProfileEvent event : Step()) {
    event.start_ns += 100 * kMs;
    events.push_back(event);
  }
  EXPECT_EQ(ProfileTable(events, 2, 0.2), ProfileTable(Step(), 1, 0.1));
}

TEST(ProfileTable, CountsDeviceTimeWhereItWasLaunched) {
  const std::string table = ProfileTable(Step(/*device_ms=*/50), 1, 0.1);
  EXPECT_THAT(table,
              AllOf(HasSubstr("| forward               |    40.000 |  40.0 % | "
                              "   50.000 |"),
                    HasSubstr("| addmm              |          2.0 |   100.000 "
                              "| 100.0 % |")));
}

TEST(ProfileTable, HasTenOperationsAtMost) {
  std::vector<ProfileEvent> events;
  for (int64_t i = 0; i < 12; ++i) {
    events.push_back(
        Operation(("op" + std::to_string(i)).c_str(), 1, 100 * i, 10 + i));
  }
  EXPECT_THAT(ProfileTable(events, 1, 2),
              AllOf(HasSubstr("| op2 "), Not(HasSubstr("| op1 "))));
}

TEST(PhaseTimes, SumsEachPhase) {
  PhaseTimes times;
  for (int i = 0; i < 3; ++i) {
    StepPhase phase(kForwardPhase);
    { const StepPhase inner("term/magma"); }
    phase.Next(kBackwardPhase);
  }
  const auto seconds = times.Seconds();
  EXPECT_EQ(seconds.size(), 3);
  EXPECT_GE(seconds.at(kForwardPhase), seconds.at("term/magma"));
  EXPECT_GT(seconds.at(kBackwardPhase), 0);
  times.Reset();
  EXPECT_TRUE(times.Seconds().empty());
}

}  // namespace
}  // namespace caldera::ssl
