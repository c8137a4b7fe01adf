#include "ssl/train/monitor/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <fstream>
#include <iterator>
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

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RunFolder, AFreeChangeIsTakenAndRecorded) {
  const std::string path = FreshPath("free");
  Experiment experiment = Make(3);
  ASSERT_TRUE(RunFolder::Open(path, experiment).ok());
  fs::create_directories(path + "/checkpoints/step_7");
  for (const int interval : {20, 30}) {
    experiment.mutable_train()->set_log_every_steps(interval);
    const auto folder = RunFolder::Open(path, experiment);
    ASSERT_TRUE(folder.ok()) << folder.status();
    EXPECT_EQ(folder->changes().size(), 1u);
  }
  const std::string text = FileText(path + "/experiment.textproto");
  EXPECT_THAT(text, HasSubstr(", from step 7: train.log_every_steps: 50 -> 20 "
                              "(the same bits)\n# "));
  EXPECT_THAT(text, HasSubstr("train.log_every_steps: 20 -> 30"));
  // The file is the experiment of the last start.
  const auto again = RunFolder::Open(path, experiment);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->changes().empty());
}

TEST(RunFolder, ALongerTrainingNeedsTheFlagAndARefusalChangesNothing) {
  const std::string path = FreshPath("longer");
  Experiment experiment = Make(3);
  experiment.mutable_train()->set_steps(3);
  ASSERT_TRUE(RunFolder::Open(path, experiment).ok());
  const std::string before = FileText(path + "/experiment.textproto");
  experiment.mutable_train()->set_steps(6);
  EXPECT_THAT(ErrorOf(path, experiment), HasSubstr("--extend"));
  EXPECT_EQ(FileText(path + "/experiment.textproto"), before);
  EXPECT_TRUE(RunFolder::Open(path, experiment, {/*extend=*/true}).ok());
  EXPECT_TRUE(RunFolder::Open(path, experiment).ok());
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
              HasSubstr("choose another --run"));
  EXPECT_THAT(ErrorOf(path + "/below", Make(3)), HasSubstr("Not a directory"));
  EXPECT_THAT(ErrorOf(path + std::string(300, 'x'), Make(3)),
              HasSubstr("File name too long"));
  EXPECT_THAT(ErrorOf(path + std::string(PATH_MAX, '/'), Make(3)),
              HasSubstr("choose another --run"));
}

TEST(RunFolder, ABrokenLinkIsNamed) {
  const std::string path = FreshPath("link");
  fs::create_symlink(FreshPath("gone"), path);
  EXPECT_THAT(ErrorOf(path, Make(3)), HasSubstr("link is a link to "));
  EXPECT_THAT(ErrorOf(path + "/run", Make(3)), HasSubstr("link is a link to "));
}

// The paths inside would only fail at the first checkpoint.
TEST(RunFolder, APathThatLeavesNoRoomIsRefused) {
  std::string path = FreshPath("deep");
  while (path.size() < PATH_MAX - 100) path += "/" + std::string(80, 'x');
  EXPECT_THAT(ErrorOf(path, Make(3)), HasSubstr("that the system takes"));
  EXPECT_FALSE(fs::exists(FreshPath("deep")));
}

TEST(RunFolder, ANameOfAnyBytesOpensAgain) {
  const std::string path = FreshPath("Gr\xF6 \"a'\n<b>");
  Experiment experiment = Make(3);
  experiment.mutable_data()->set_dataset("/sets/Gr\xF6\n\"");
  ASSERT_TRUE(RunFolder::Open(path, experiment).ok());
  const auto again = RunFolder::Open(path, experiment);
  EXPECT_TRUE(again.ok()) << again.status();
  experiment.mutable_data()->set_dataset("/sets/Gr\xF7\n\"");
  EXPECT_THAT(ErrorOf(path, experiment), HasSubstr("data.dataset"));
}

}  // namespace
}  // namespace caldera::ssl
