#include "eval/atomic_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace caldera::eval {
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

TEST(AtomicFileTest, ReplacesAndLeavesNothingBeside) {
  const fs::path folder = EmptyFolder("replaces");
  const fs::path path = folder / "a";
  ASSERT_TRUE(WriteFileAtomically(path, "old, longer").ok());
  ASSERT_TRUE(WriteFileAtomically(path, std::string("n\0w", 3)).ok());
  EXPECT_EQ(Read(path), std::string("n\0w", 3));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST(AtomicFileTest, NamesThePathOfAFolderThatIsNotThere) {
  const fs::path path = EmptyFolder("missing") / "no" / "a";
  const absl::Status status = WriteFileAtomically(path, "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()).find(path.string() + ": "), 0);
}

TEST(AtomicFileTest, AFailedRenameLeavesNothingBeside) {
  const fs::path folder = EmptyFolder("rename");
  fs::create_directories(folder / "taken" / "inside");
  EXPECT_FALSE(WriteFileAtomically(folder / "taken", "x").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

}  // namespace
}  // namespace caldera::eval
