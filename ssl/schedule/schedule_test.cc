#include "ssl/schedule/schedule.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "ssl/schedule/duration.h"

namespace caldera::ssl {
namespace {

constexpr RunLength kRun{/*steps_per_epoch=*/10, /*total_steps=*/400,
                         /*batch_size=*/32};

Duration Epochs(double epochs) {
  Duration d;
  d.set_epochs(epochs);
  return d;
}

TEST(Duration, EveryUnitBecomesSteps) {
  Duration d;
  EXPECT_EQ(ToSteps(d, kRun), 0);
  d.set_steps(7);
  EXPECT_EQ(ToSteps(d, kRun), 7);
  d.set_epochs(2.5);
  EXPECT_EQ(ToSteps(d, kRun), 25);
  d.set_examples(64);
  EXPECT_EQ(ToSteps(d, kRun), 2);
  d.set_share(0.25);
  EXPECT_EQ(ToSteps(d, kRun), 100);
}

TEST(Duration, WholeStepsAreAtLeastOne) {
  Duration d;
  EXPECT_EQ(WholeSteps(d, kRun, 400), 400);
  d.set_epochs(0.01);
  EXPECT_EQ(WholeSteps(d, kRun, 400), 1);
  d.set_epochs(2.46);
  EXPECT_EQ(WholeSteps(d, kRun, 400), 25);
  d.set_epochs(1e300);
  EXPECT_EQ(WholeSteps(d, kRun, 400), 1000000000000000);
}

TEST(Duration, RefusesWhatIsNoLength) {
  Duration d;
  d.set_share(1.5);
  EXPECT_EQ(Validate(d).message(), "share: 1.5 is not in [0, 1]");
  d.set_epochs(-1);
  EXPECT_EQ(Validate(d).message(),
            "epochs: -1 is not at least 0; it is a length of time");
  d.set_epochs(std::nan(""));
  EXPECT_FALSE(Validate(d).ok());
  d.set_steps(0);
  EXPECT_TRUE(Validate(d).ok());
}

// The table has one row a shape and moment, in a run of 40 epochs of 10 steps.
TEST(Schedule, EveryShapeIsAPureFunctionOfTheStep) {
  const struct {
    const char* spec;
    int64_t step;
    double value;
  } kTable[] = {
      {"constant: 0.5", 0, 0.5},
      {"constant: 0.5", 399, 0.5},
      // The paper: weight 1 for 100 of 400 epochs from epoch 10 on.
      {"window { start { epochs: 10 } duration { share: 0.25 } }", 99, 0},
      {"window { start { epochs: 10 } duration { share: 0.25 } }", 100, 1},
      {"window { start { epochs: 10 } duration { share: 0.25 } }", 199, 1},
      {"window { start { epochs: 10 } duration { share: 0.25 } }", 200, 0},
      {"linear_ramp { start { steps: 100 } duration { epochs: 10 } }", 99, 0},
      {"linear_ramp { start { steps: 100 } duration { epochs: 10 } }", 125,
       0.25},
      {"linear_ramp { start { steps: 100 } duration { epochs: 10 } }", 200, 1},
      {"linear_ramp { start { steps: 100 } duration { epochs: 10 } }", 399, 1},
      {"linear_ramp { from: 3 to: 1 }", 200, 2},
      {"linear_ramp { start { epochs: 5 } duration {} }", 49, 0},
      {"linear_ramp { start { epochs: 5 } duration {} }", 50, 1},
      {"cosine_ramp { to: 2 duration { share: 0.5 } }", 0, 0},
      {"cosine_ramp { to: 2 duration { share: 0.5 } }", 50, 1 - std::sqrt(0.5)},
      {"cosine_ramp { to: 2 duration { share: 0.5 } }", 100, 1},
      {"cosine_ramp { to: 2 duration { share: 0.5 } }", 200, 2},
      {"steps { change { at { epochs: 1 } value: 2 }"
       "        change { at { examples: 640 } value: 3 } }",
       9, 0},
      {"steps { change { at { epochs: 1 } value: 2 }"
       "        change { at { examples: 640 } value: 3 } }",
       10, 2},
      {"steps { change { at { epochs: 1 } value: 2 }"
       "        change { at { examples: 640 } value: 3 } }",
       20, 3},
      {"step_decay { value: 2 start { epochs: 1 } at { epochs: 2 } at {"
       " share: 0.5 } factor: 0.5 }",
       9, 0},
      {"step_decay { value: 2 start { epochs: 1 } at { epochs: 2 } at {"
       " share: 0.5 } factor: 0.5 }",
       10, 2},
      {"step_decay { value: 2 start { epochs: 1 } at { epochs: 2 } at {"
       " share: 0.5 } factor: 0.5 }",
       20, 1},
      {"step_decay { value: 2 start { epochs: 1 } at { epochs: 2 } at {"
       " share: 0.5 } factor: 0.5 }",
       200, 0.5},
      {"step_decay { at { steps: 3 } }", 3, 0.1},
      {"intervals { interval { value: 0.5 end { epochs: 2 } }"
       "            interval { start { steps: 15 } end { steps: 30 } } }",
       0, 0.5},
      {"intervals { interval { value: 0.5 end { epochs: 2 } }"
       "            interval { start { steps: 15 } end { steps: 30 } } }",
       15, 1},
      {"intervals { interval { value: 0.5 end { epochs: 2 } }"
       "            interval { start { steps: 15 } end { steps: 30 } } }",
       29, 1},
      {"intervals { interval { value: 0.5 end { epochs: 2 } }"
       "            interval { start { steps: 15 } end { steps: 30 } } }",
       30, 0},
      {"intervals { interval { start { share: 0.5 } } }", 399, 1},
      {"triangle { from: 1 peak: 3 to: 2 start { epochs: 1 }"
       "           middle { epochs: 2 } end { share: 0.1 } }",
       9, 1},
      {"triangle { from: 1 peak: 3 to: 2 start { epochs: 1 }"
       "           middle { epochs: 2 } end { share: 0.1 } }",
       15, 2},
      {"triangle { from: 1 peak: 3 to: 2 start { epochs: 1 }"
       "           middle { epochs: 2 } end { share: 0.1 } }",
       20, 3},
      {"triangle { from: 1 peak: 3 to: 2 start { epochs: 1 }"
       "           middle { epochs: 2 } end { share: 0.1 } }",
       30, 2.5},
      {"triangle { from: 1 peak: 3 to: 2 start { epochs: 1 }"
       "           middle { epochs: 2 } end { share: 0.1 } }",
       40, 2},
      {"triangle { middle { epochs: 20 } }", 100, 0.5},
      {"triangle { middle { epochs: 20 } }", 300, 0.5}};
  for (const auto& row : kTable) {
    Schedule schedule;
    ASSERT_TRUE(
        google::protobuf::TextFormat::ParseFromString(row.spec, &schedule));
    EXPECT_TRUE(Validate(schedule).ok()) << row.spec;
    EXPECT_NEAR(ScheduleValue(schedule, row.step, kRun), row.value, 1e-12)
        << row.spec << " at " << row.step;
  }
}

TEST(Schedule, ErrorsOfRampsAndStepsNameTheField) {
  const struct {
    const char* spec;
    const char* error;
  } kTable[] = {
      {"linear_ramp { to: inf }", "linear_ramp.to: inf is not finite"},
      {"cosine_ramp { start { share: 2 } }",
       "cosine_ramp.start.share: 2 is not in [0, 1]"},
      {"steps { change { at { epochs: 1 } } }",
       "steps.change[0].value: is missing"},
      {"steps { change { at { epochs: 2 } value: 1 }"
       "        change { at { epochs: 2 } value: 3 } }",
       "steps.change[1].at: must be after change[0]"},
      {"step_decay { factor: nan }", "step_decay.factor: nan is not finite"},
      {"step_decay { at { epochs: 1 } at { share: 3 } }",
       "step_decay.at[1].share: 3 is not in [0, 1]"},
      {"intervals {}",
       "intervals.interval: none is given, and the value is 0 outside of them; "
       "write interval { start {...} end {...} }"},
      {"intervals { interval { start { epochs: 3 } end { epochs: 3 } } }",
       "intervals.interval[0].end: must be after start"},
      {"intervals { interval { value: inf } }",
       "intervals.interval[0].value: inf is not finite"},
      {"triangle {}",
       "triangle.middle: is missing; write middle { epochs: ... }"},
      {"triangle { middle { epochs: 5 } end { epochs: 4 } }",
       "triangle.end: must be after middle"}};
  for (const auto& row : kTable) {
    Schedule schedule;
    ASSERT_TRUE(
        google::protobuf::TextFormat::ParseFromString(row.spec, &schedule));
    EXPECT_EQ(Validate(schedule).message(), row.error);
  }
}

TEST(Schedule, WindowIsOnFromStartForItsDuration) {
  Schedule s;
  EXPECT_EQ(ScheduleValue(s, 0, kRun), 1);
  WindowSpec& window = *s.mutable_window();
  window.set_value(0.5);
  *window.mutable_start() = Epochs(10);
  *window.mutable_duration() = Epochs(20);
  const struct {
    int64_t step;
    double value;
  } kTable[] = {{0, 0}, {99, 0}, {100, 0.5}, {299, 0.5}, {300, 0}, {399, 0}};
  for (const auto& row : kTable) {
    EXPECT_EQ(ScheduleValue(s, row.step, kRun), row.value) << row.step;
  }
  window.clear_duration();
  EXPECT_EQ(ScheduleValue(s, 399, kRun), 0.5);
  window.clear_start();
  EXPECT_EQ(ScheduleValue(s, 0, kRun), 0.5);
}

TEST(Schedule, ErrorsNameTheField) {
  Schedule s;
  s.mutable_window()->mutable_start()->set_share(2);
  EXPECT_EQ(Validate(s).message(), "window.start.share: 2 is not in [0, 1]");
}

}  // namespace
}  // namespace caldera::ssl
