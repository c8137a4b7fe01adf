#include "ssl/train/monitor/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string FreshPath(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  fs::remove_all(path);
  return path;
}

Experiment Make(int batch_size) {
  Experiment experiment;
  experiment.mutable_train()->set_batch_size(batch_size);
  return experiment;
}

std::string ErrorOf(const std::string& path, const Experiment& experiment) {
  const auto folder = RunFolder::Open(path, experiment);
  EXPECT_FALSE(folder.ok());
  return std::string(folder.status().message());
}

TEST(RunFolder, IsMadeAndOpensAgainForTheSameExperiment) {
  const std::string path = FreshPath("same") + "/deep/er";
  ASSERT_TRUE(RunFolder::Open(path, Make(3)).ok());
  EXPECT_TRUE(fs::exists(path + "/experiment.textproto"));
  EXPECT_TRUE(RunFolder::Open(path, Make(3)).ok());
}

TEST(RunFolder, AnotherExperimentIsRefusedAndNamed) {
  const std::string path = FreshPath("other");
  ASSERT_TRUE(RunFolder::Open(path, Make(3)).ok());
  const std::string error = ErrorOf(path, Make(4));
  EXPECT_THAT(error, HasSubstr("holds another experiment"));
  EXPECT_THAT(error, HasSubstr("train.batch_size: 3 -> 4"));
}

TEST(RunFolder, OneProcessAtATime) {
  const std::string path = FreshPath("lock");
  std::optional<absl::StatusOr<RunFolder>> first =
      RunFolder::Open(path, Make(3));
  ASSERT_TRUE(first->ok());
  EXPECT_THAT(
      ErrorOf(path, Make(3)),
      HasSubstr("is in use by process " + std::to_string(getpid()) + " on "));
  first.reset();
  EXPECT_TRUE(RunFolder::Open(path, Make(3)).ok());
}

// The process was killed before it wrote the experiment.
TEST(RunFolder, AStartThatDiedIsTakenUp) {
  const std::string path = FreshPath("died");
  fs::create_directories(path + "/checkpoints");
  std::ofstream(path + "/lock") << "process 1 on a machine";
  std::ofstream(path + "/experiment.textproto.partial") << "se";
  EXPECT_TRUE(RunFolder::Open(path, Make(3)).ok());
  EXPECT_TRUE(fs::exists(path + "/experiment.textproto"));
}

TEST(RunFolder, AFolderOfSomethingElseIsLeftAlone) {
  const std::string path = FreshPath("strange");
  fs::create_directories(path);
  std::ofstream(path + "/thesis.tex") << "x";
  EXPECT_THAT(ErrorOf(path, Make(3)), HasSubstr("holds files but no run"));
  EXPECT_EQ(std::distance(fs::directory_iterator(path), {}), 1);
}

TEST(RunFolder, AFileOrAPathThatCannotBeMadeIsAnError) {
  const std::string path = FreshPath("file");
  std::ofstream(path) << "x";
  EXPECT_THAT(ErrorOf(path, Make(3)), HasSubstr("is not a folder"));
  EXPECT_THAT(ErrorOf("/proc/nowhere/run", Make(3)),
              HasSubstr("choose another --run_dir"));
}

}  // namespace
}  // namespace caldera::ssl
