#include "eval/embed/appended_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file_testing.h"

namespace caldera::eval {
namespace {

using testing::HasSubstr;

TEST(AppendedFile, GoesOnWhereItWasWhole) {
  const std::string path = base::NewFolder("appended") + "/a.part";
  {
    auto file = AppendedFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->Append("head").ok());
    ASSERT_TRUE((*file)->Append("row 1;half a r").ok());
    EXPECT_EQ((*file)->size(), 18);
  }
  auto again = AppendedFile::Open(path);
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_TRUE((*again)->CutTo(10).ok());
  ASSERT_TRUE((*again)->Append("row 2;").ok());
  ASSERT_TRUE((*again)->WriteOverFirst("HE").ok());
  ASSERT_TRUE((*again)->Sync().ok());
  EXPECT_EQ(base::FileText(path), "HEadrow 1;row 2;");
  const absl::Status cut = (*again)->CutTo(17);
  EXPECT_EQ(cut.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cut.message(), path +
                               ": has 16 bytes of the 17 that were written "
                               "to it");
}

TEST(AppendedFile, OneAtATimeHasIt) {
  const std::string path = base::NewFolder("locked") + "/a.part";
  {
    const auto first = AppendedFile::Open(path);
    ASSERT_TRUE(first.ok()) << first.status();
    const auto second = AppendedFile::Open(path);
    EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(second.status().message()),
                HasSubstr(path + ": another process is writing this file"));
  }
  EXPECT_TRUE(AppendedFile::Open(path).ok());
}

TEST(AppendedFile, AFolderThatIsNotThereIsNamed) {
  const std::string path = base::NewFolder("none") + "/gone/a.part";
  const auto file = AppendedFile::Open(path);
  EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr(path));
}

}  // namespace
}  // namespace caldera::eval
