#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace caldera::base {
namespace {

TEST(MappedFile, HoldsTheContentBeyondTheFilesLife) {
  const std::string path = testing::TempDir() + "/content";
  std::ofstream(path) << "12345";
  const auto file = MappedFile::Open(path);
  ASSERT_EQ(file.status(), absl::OkStatus());
  std::remove(path.c_str());
  EXPECT_EQ((*file)->bytes(), "12345");
}

TEST(MappedFile, MayBeEmpty) {
  const std::string path = testing::TempDir() + "/empty";
  std::ofstream(path) << "";
  const auto file = MappedFile::Open(path);
  ASSERT_EQ(file.status(), absl::OkStatus());
  EXPECT_EQ((*file)->bytes(), "");
}

TEST(MappedFile, RefusesWhatIsNoFile) {
  EXPECT_EQ(
      MappedFile::Open("missing").status(),
      absl::NotFoundError("cannot open missing: No such file or directory"));
  const std::string pipe = testing::TempDir() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {testing::TempDir(), pipe}) {
    EXPECT_EQ(MappedFile::Open(path).status(),
              absl::InvalidArgumentError(absl::StrCat(
                  "cannot read ", path, ": it is no regular file")));
  }
}

}  // namespace
}  // namespace caldera::base
