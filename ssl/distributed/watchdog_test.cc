#include "ssl/distributed/watchdog.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RankJudgeTest : public ::testing::Test {
 protected:
  // Returns the verdict after `seconds` more, with all ranks in `reports_`
  // alive except those in `silent_`.
  std::string After(int seconds) {
    std::string verdict;
    for (int second = 0; second < seconds && verdict.empty(); ++second) {
      now_ += milliseconds(1000);
      for (size_t rank = 0; rank < reports_.size(); ++rank) {
        if (rank != silent_) ++reports_[rank].beat;
      }
      verdict = judge_.Verdict(reports_, now_);
    }
    return verdict;
  }

  RankJudge judge_{3, milliseconds(30000)};
  std::vector<RankReport> reports_{3};
  RankJudge::Clock::time_point now_;
  size_t silent_ = 99;
};

TEST_F(RankJudgeTest, LeavesAJobAlone) {
  EXPECT_EQ(After(100), "");
  // All ranks compute a long step.
  for (RankReport& report : reports_) report.meetings = 7;
  EXPECT_EQ(After(100), "");
}

TEST_F(RankJudgeTest, NamesWhoIsSilent) {
  EXPECT_EQ(After(5), "");
  silent_ = 2;
  EXPECT_EQ(After(29), "");
  EXPECT_THAT(After(10), StartsWith("rank 2 has not answered for 30 s"));
}

TEST_F(RankJudgeTest, NamesWhoNeverAppeared) {
  silent_ = 1;
  EXPECT_THAT(After(60), StartsWith("rank 1 has not answered"));
}

TEST_F(RankJudgeTest, NamesWhomTheOthersWaitFor) {
  for (RankReport& report : reports_) report.meetings = 8;
  reports_[1].meetings = 7;
  reports_[0].waits = reports_[2].waits = true;
  EXPECT_EQ(After(29), "");
  EXPECT_THAT(After(10), HasSubstr("rank 1 kept the others waiting"));
}

TEST_F(RankJudgeTest, ComingToTheNextMeetingStartsTheClockAgain) {
  for (RankReport& report : reports_) report = {0, 8, true, false, false};
  reports_[1].meetings = 7;
  EXPECT_EQ(After(29), "");
  for (RankReport& report : reports_) ++report.meetings;
  EXPECT_EQ(After(29), "");
}

TEST_F(RankJudgeTest, WaitsForWhoIsBusy) {
  for (RankReport& report : reports_) report = {0, 8, true, false, false};
  reports_[0] = {0, 7, false, true, false};
  EXPECT_EQ(After(300), "");
  reports_[0].busy = false;  // it is on its way to the meeting
  EXPECT_EQ(After(29), "");
  EXPECT_THAT(After(10), HasSubstr("rank 0 kept"));
}

// Ctrl-Z and fg, or a suspended job: the reports are as old as the pause.
TEST_F(RankJudgeTest, APauseOfTheWholeJobBlamesNobody) {
  for (RankReport& report : reports_) report = {0, 8, true, false, false};
  reports_[1].waits = false;
  EXPECT_EQ(After(20), "");
  now_ += milliseconds(1000000);
  silent_ = 2;
  EXPECT_EQ(After(29), "");
  EXPECT_THAT(After(10), StartsWith("rank 2 has not answered for 30 s"));
}

TEST_F(RankJudgeTest, ForgetsWhoHasLeft) {
  reports_[1].left = true;
  silent_ = 1;
  EXPECT_EQ(After(100), "");
}

}  // namespace
}  // namespace caldera::ssl
