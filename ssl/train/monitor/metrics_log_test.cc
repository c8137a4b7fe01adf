#include "ssl/train/monitor/metrics_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/file_testing.h"

namespace caldera::ssl {
namespace {

TEST(MetricsLog, AppendsALineARow) {
  const std::string path = testing::TempDir() + "/append.jsonl";
  auto log = MetricsLog::Open(path, 0);
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE(log->Append({{"step", 1}, {"loss", 0.5}}).ok());
  ASSERT_TRUE(log->Append({{"step", 2}, {"loss", 0.25}}).ok());
  EXPECT_EQ(base::FileText(path),
            "{\"loss\":0.5,\"step\":1}\n{\"loss\":0.25,\"step\":2}\n");
  EXPECT_EQ(log->rows().size(), 2);
}

TEST(MetricsLog, ResumingDropsWhatComesLaterAndHalfALine) {
  const std::string path = testing::TempDir() + "/resume.jsonl";
  std::ofstream(path) << "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"st";
  auto log = MetricsLog::Open(path, 2);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(base::FileText(path), "{\"step\":1}\n{\"step\":2}\n");
  EXPECT_EQ(log->rows().size(), 2);
}

TEST(MetricsLog, AFullDiskIsNamed) {
  const std::string path = testing::TempDir() + "/full.jsonl";
  auto log = MetricsLog::Open(path, 0);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_TRUE(log->Sync().ok());
  std::filesystem::remove(path);
  EXPECT_EQ(log->Sync().code(), absl::StatusCode::kNotFound);
  std::filesystem::create_symlink("/dev/full", path);
  const absl::Status status = log->Append({{"step", 1}});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(std::string(status.message()).find(path), std::string::npos);
  EXPECT_TRUE(log->rows().empty());
}

TEST(MetricsLog, AnUnwritablePathIsAnError) {
  EXPECT_FALSE(MetricsLog::Open("/proc/nowhere/metrics.jsonl", 0).ok());
}

}  // namespace
}  // namespace caldera::ssl
