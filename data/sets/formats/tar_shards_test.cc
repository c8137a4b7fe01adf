#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "data/formats/tar_testing.h"
#include "data/sets/dataset_format_testing.h"
namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

DatasetInfo Mine() {
  DatasetInfo info;
  info.name = "mine";
  return info;
}

// A sample whose image is all `red`.
std::string Sample(const std::string& key, int red, const std::string& label) {
  return TarBlocks({key + ".json", "{}"}) +
         TarBlocks({key + ".jpg", BmpBytes(2, 3, red, 0, 0)}) +
         (label.empty() ? "" : TarBlocks({key + ".cls", label}));
}

absl::StatusOr<std::shared_ptr<const Dataset>> Open(const std::string& root,
                                                    Split split) {
  return OpenAs("tar_shards", root, split, Mine());
}

std::string Refusal(const std::string& root, Split split) {
  const auto set = Open(root, split);
  EXPECT_FALSE(set.ok());
  return std::string(set.status().message());
}

TEST(TarShards, AreRecognised) {
  const std::string root = base::NewFolder("recognised");
  base::WriteFile(root + "/0.tar", Sample("a", 1, "") + TarEnd());
  ExpectOpens(root, {/*size=*/1, /*num_classes=*/0, "", 0.485});
}

TEST(TarShards, ReadsSamplesAcrossShards) {
  const std::string root = base::NewFolder("shards");
  base::WriteFile(root + "/b.tar", Sample("dir/2", 30, "7") + TarEnd());
  base::WriteFile(root + "/a.tar", Sample("dir/0", 10, "3\n") +
                                       Sample("dir/1.x", 20, "") + TarEnd());
  const auto set = Open(root, Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ((*set)->size(), 2);  // "1.x.jpg" has the extension "x.jpg"
  EXPECT_THAT((*set)->shards(), ElementsAre(1, 1));
  const int labels[] = {3, 7}, reds[] = {10, 30};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ((*set)->Label(i), labels[i]);
    const auto image = (*set)->Image(i);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->sizes(), (at::IntArrayRef{3, 2, 3}));
    EXPECT_EQ((*image)[0][1][2].item<int>(), reds[i]);
  }
  EXPECT_EQ((*set)->info().num_classes, 8);
  EXPECT_EQ((*set)->info().class_names[7], "7");
  EXPECT_THAT(Refusal(root, Split::kTest),
              StartsWith("mine: has no split test; choose from train"));
}

TEST(TarShards, ReadsSplitsAndClassNames) {
  const std::string root = base::NewFolder("splits");
  std::filesystem::create_directories(root + "/train");
  std::filesystem::create_directories(root + "/val");
  base::WriteFile(root + "/classes.txt", "cat\ndog\n");
  std::string train;
  for (int i = 0; i < 50; ++i) {
    train += Sample(absl::StrCat("t", i), i, absl::StrCat(i % 2));
  }
  base::WriteFile(root + "/train/0.tar", train + TarEnd());
  base::WriteFile(root + "/val/0.tar", Sample("v", 99, "0") + TarEnd());
  const auto set = Open(root, Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ((*set)->size(), 50);
  EXPECT_EQ((*(*set)->Image(49))[0][0][0].item<int>(), 49);
  const auto test = Open(root, Split::kTest);
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ((*test)->size(), 1);
  EXPECT_THAT((*test)->info().class_names, ElementsAre("cat", "dog"));

  base::WriteFile(root + "/val/0.tar", Sample("v", 99, "2") + TarEnd());
  EXPECT_THAT(Refusal(root, Split::kTest),
              HasSubstr("in 0.tar the image at byte 1536 has class 2, expected "
                        "0 to 1 (lines of classes.txt)"));
}

TEST(TarShards, WithoutClassesThereAreNoLabels) {
  const std::string root = base::NewFolder("unlabelled");
  base::WriteFile(root + "/0.tar",
                  Sample("a", 1, "") + Sample("b", 2, "") + TarEnd());
  const auto set = Open(root, Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->Label(1), -1);
  EXPECT_EQ((*set)->info().num_classes, 0);
}

TEST(TarShards, RefusesBadSamples) {
  const std::string root = base::NewFolder("bad");
  const std::string path = root + "/0.tar";
  const std::pair<std::string, std::string> cases[] = {
      {Sample("a", 1, "x"), "a.cls is not a number from 0 to 1048575"},
      {Sample("a", 1, "-1"), "a.cls is not a number from 0 to 1048575"},
      {Sample("a", 1, "1048576"), "a.cls is not a number from 0 to 1048575"},
      {Sample("a", 1, std::string(65, '1')), "a.cls has 65 bytes"},
      {TarBlocks({"a.cls", "1"}) + Sample("b", 1, "1"),
       "a.cls has no image beside it"},
      {TarBlocks({"a.jpg", "x"}) + TarBlocks({"a.png", "x"}), "a has two"},
      {TarBlocks({"a.jpg", ""}), "a has an empty image"},
      {TarBlocks({"n01440764.tar", "x"}), "has no images among its 1 files"},
      {"", "has no images among its 0 files"}};
  for (const auto& [bytes, message] : cases) {
    base::WriteFile(path, bytes + TarEnd());
    EXPECT_THAT(Refusal(root, Split::kTrain),
                StartsWith(path + ": " + message));
  }
  std::filesystem::remove(path);
  EXPECT_THAT(Refusal(root, Split::kTrain),
              StartsWith(root + ": holds no .tar file"));
}

TEST(TarShards, NamesTheShardOfABadImage) {
  const std::string root = base::NewFolder("changed");
  const std::string path = root + "/0.tar";
  base::WriteFile(
      path, TarBlocks({"a.jpg", "no image"}) + Sample("b", 1, "0") + TarEnd());
  const auto set = Open(root, Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(std::string((*set)->Image(0).status().message()),
              StartsWith(path + ", image at byte 512: "));
  std::filesystem::resize_file(path, 600);  // while it is in use
  EXPECT_THAT(std::string((*set)->Image(1).status().message()),
              HasSubstr("it has changed since it was indexed"));
  std::filesystem::remove(path);
  EXPECT_EQ((*set)->Label(1), 0);
}

// More shards than are kept open.
TEST(TarShards, OpensManyShards) {
  const std::string root = base::NewFolder("many");
  for (int i = 0; i < 100; ++i) {
    base::WriteFile(absl::StrCat(root, "/", 100 + i, ".tar"),
                    Sample("a", i, "0") + TarEnd());
  }
  const auto set = Open(root, Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  for (const int step : {1, 7}) {
    for (int i = 0; i < 100; ++i) {
      const int j = i * step % 100;
      EXPECT_EQ((*(*set)->Image(j))[0][0][0].item<int>(), j);
    }
  }
}

}  // namespace
}  // namespace caldera::data
