#include "ssl/train/monitor/run_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/file_testing.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST(RunLog, KeepsLinesOverStarts) {
  const std::string path = base::NewFolder("run_log") + "/log.txt";
  {
    const auto log = RunLog::Open(path);
    log->Line("one");
    LOG(WARNING) << "two";
  }
  LOG(WARNING) << "to nobody";
  RunLog::Open(path)->Line("three\nlines");
  EXPECT_THAT(base::FileText(path),
              MatchesRegex("--- [-0-9]+ [:0-9]+ UTC\none\ntwo\n"
                           "--- [-0-9]+ [:0-9]+ UTC\nthree\\\\nlines\n"));
}

TEST(RunLog, IsNoReasonToEnd) {
  testing::internal::CaptureStderr();
  const auto full = RunLog::Open("/dev/full");
  full->Line("a");
  full->Line("b");
  RunLog::Open("/no/such/folder/log.txt")->Line("c");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said,
              HasSubstr("warning: /dev/full cannot be written: No space"));
  EXPECT_THAT(said, HasSubstr("/no/such/folder/log.txt cannot be written: No "
                              "such file"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2);
}

}  // namespace
}  // namespace caldera::ssl
