#include "base/replace_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace caldera::base {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path EmptyFolder(const std::string& name) {
  const fs::path folder = fs::path(testing::TempDir()) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

TEST(ReplaceFile, ReplacesAndLeavesNothingBeside) {
  const fs::path folder = EmptyFolder("replaces");
  const fs::path path = folder / "a";
  ASSERT_TRUE(ReplaceFile(path, {"old, longer"}).ok());
  ASSERT_TRUE(ReplaceFile(path, {std::string("n\0w", 3)}).ok());
  EXPECT_EQ(Read(path), std::string("n\0w", 3));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST(ReplaceFile, NamesThePathOfAFolderThatIsNotThere) {
  const fs::path path = EmptyFolder("missing") / "no" / "a";
  const absl::Status status = ReplaceFile(path, {"x"});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(status.message()).find(path.string()),
            std::string::npos);
}

TEST(CheckReplaceable, FindsWhatReplacingWouldFind) {
  const fs::path folder = EmptyFolder("check");
  EXPECT_TRUE(CheckReplaceable(folder / "a").ok());
  ASSERT_TRUE(ReplaceFile(folder / "b", {"kept"}).ok());
  EXPECT_TRUE(CheckReplaceable(folder / "b").ok());
  EXPECT_EQ(Read(folder / "b"), "kept");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
  EXPECT_TRUE(absl::IsNotFound(CheckReplaceable(folder / "no" / "a")));
  fs::create_directories(folder / "taken");
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckReplaceable(folder / "taken")));
}

TEST(ReplaceFile, AFailedRenameLeavesNothingBeside) {
  const fs::path folder = EmptyFolder("rename");
  fs::create_directories(folder / "taken" / "inside");
  EXPECT_FALSE(ReplaceFile(folder / "taken", {"x"}).ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST(CheckReplaceable, KnowsWhatCannotBeWritten) {
  const fs::path folder = EmptyFolder("check");
  fs::create_directories(folder / "taken");
  std::ofstream(folder / "file") << "x";
  for (const char* name : {"new", "file"}) {
    EXPECT_TRUE(CheckReplaceable(folder / name).ok()) << name;
  }
  EXPECT_TRUE(CheckReplaceable("here").ok());
  for (const std::string name : {"taken", "no/a", "file/a", "taken/"}) {
    EXPECT_FALSE(CheckReplaceable(folder / name).ok()) << name;
  }
  EXPECT_FALSE(CheckReplaceable(folder / std::string(300, 'x')).ok());
  EXPECT_FALSE(CheckReplaceable("/proc/self/a").ok());
  EXPECT_EQ(Read(folder / "file"), "x");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 2);
}

}  // namespace
}  // namespace caldera::base
