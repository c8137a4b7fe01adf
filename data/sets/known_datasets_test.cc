#include "data/sets/known_datasets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace caldera::data {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(KnownDatasets, AreComplete) {
  std::set<std::string> names;
  for (const KnownDataset& set : KnownDatasets()) {
    SCOPED_TRACE(set.name);
    EXPECT_TRUE(names.insert(set.name).second);
    EXPECT_EQ(FindKnownDataset(set.name), &set);
    EXPECT_EQ(set.url.back(), '/');
    EXPECT_FALSE(set.archives.empty());
    for (const Archive& archive : set.archives) {
      EXPECT_THAT(archive.md5, MatchesRegex("[0-9a-f]+"));
      EXPECT_EQ(archive.md5.size(), 32);
      EXPECT_GT(archive.bytes, 0);
    }
    EXPECT_FALSE(set.folders.empty());
    EXPECT_EQ(set.mean.size(), set.std.size());
    EXPECT_EQ(set.mean.size(), set.format == DatasetFormat::kIdx ? 1 : 3);
    if (!set.class_names.empty()) {
      EXPECT_EQ(set.class_names.size(), set.num_classes);
    }
  }
  EXPECT_EQ(FindKnownDataset("cifar"), nullptr);
}

TEST(KnownDatasets, HintsAtTheDownload) {
  EXPECT_EQ(DownloadHint(*FindKnownDataset("cifar10")),
            "get cifar-10-binary.tar.gz (170052171 bytes, MD5 "
            "c32a1d4ab5d03f1284b67883e8d87530) from "
            "https://www.cs.toronto.edu/~kriz/ and unpack it in $CALDERA_DATA");
}

TEST(KnownDatasets, AreThoseOfTheDocument) {
  std::ifstream file("docs/datasets.md");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(text.empty());
  const auto number = [](std::string* out, double value) {
    absl::StrAppend(out, absl::StrFormat("%.4g", value));
  };
  for (const KnownDataset& set : KnownDatasets()) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat(
                          "| `", set.name, "` | ", set.num_classes, " | ",
                          absl::StrJoin(set.mean, ", ", number), " | ",
                          absl::StrJoin(set.std, ", ", number), " | `",
                          absl::StrJoin(set.folders, "`, `"), "` |")));
    EXPECT_THAT(text, HasSubstr(set.url));
    for (const Archive& archive : set.archives) {
      EXPECT_THAT(
          text, HasSubstr(absl::StrCat("| ", archive.file, " | ", archive.bytes,
                                       " | ", archive.md5, " |")));
    }
  }
}

}  // namespace
}  // namespace caldera::data
