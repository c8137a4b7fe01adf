#include "base/read_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file_testing.h"

namespace caldera::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ReadFile, GivesEveryByte) {
  const std::string path = base::NewFolder("whole") + "/file";
  const std::string bytes("a\0b\nc", 5);
  base::WriteFile(path, bytes);
  EXPECT_EQ(*ReadFile(path, 5), bytes);
  base::WriteFile(path, "");
  EXPECT_EQ(*ReadFile(path, 5), "");
}

TEST(ReadFile, RefusesWhatIsNoFileOrTooLong) {
  const std::string folder = base::NewFolder("refused");
  EXPECT_EQ(ReadFile(folder + "/none", 9).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(ReadFile(folder, 9).status().message()),
              StartsWith(folder + ": not a regular file"));
  const std::string pipe = folder + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(std::string(ReadFile(pipe, 9).status().message()),
              StartsWith(pipe + ": not a regular file"));
  std::filesystem::create_symlink(folder + "/loop", folder + "/loop");
  EXPECT_THAT(std::string(ReadFile(folder + "/loop", 9).status().message()),
              HasSubstr("symbolic links"));
  const std::string huge = folder + "/huge";
  base::WriteFile(huge, "");
  std::filesystem::resize_file(huge, int64_t{1} << 40);  // no disk space used
  EXPECT_THAT(std::string(ReadFile(huge, 9).status().message()),
              StartsWith(huge + ": has 1099511627776 bytes, expected at most"));
}

TEST(ReadLines, TakesBothLineEnds) {
  const std::string path = base::NewFolder("lines") + "/text";
  base::WriteFile(path, "a b\r\n\nc");
  EXPECT_THAT(*ReadLines(path), ElementsAre("a b", "", "c"));
  base::WriteFile(path, "a\n");
  EXPECT_THAT(*ReadLines(path), ElementsAre("a"));
  base::WriteFile(path, "");
  EXPECT_THAT(*ReadLines(path), ElementsAre());
}

}  // namespace
}  // namespace caldera::base
