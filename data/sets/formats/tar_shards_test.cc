#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "data/formats/tar/tar_testing.h"
#include "data/sets/dataset_format_testing.h"
namespace caldera::data {
namespace {

using ::testing::AllOf;
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
  ASSERT_EQ((*set)->size(), 3);
  EXPECT_THAT((*set)->shards(), ElementsAre(2, 1));
  const int labels[] = {3, -1, 7}, reds[] = {10, 20, 30};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((*set)->Label(i), labels[i]);
    const auto image = (*set)->Image(i);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->sizes(), (at::IntArrayRef{3, 2, 3}));
    EXPECT_EQ((*image)[0][1][2].item<int>(), reds[i]);
  }
  EXPECT_EQ((*set)->info().num_classes, 8);
  EXPECT_EQ((*set)->info().class_names[7], "7");
  EXPECT_EQ((*set)->info().not_read.Text(), "3 .json");
  EXPECT_THAT(Refusal(root, Split::kTest),
              StartsWith("mine: has no split test; choose from train"));
}

TEST(TarShards, ImagesAreNamedByShardAndMember) {
  const std::string root = base::NewFolder("names_of_images");
  std::filesystem::create_directories(root + "/more");
  base::WriteFile(root + "/more/b.tar", Sample("dir/2", 30, "7") + TarEnd());
  base::WriteFile(root + "/a.tar", Sample("dir/0", 10, "3\n") +
                                       Sample("dir/1.x", 20, "") + TarEnd());
  const auto set = OpenDataset(root, Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ((*set)->size(), 3);
  const char* const paths[] = {"a.tar", "a.tar", "more/b.tar"};
  const char* const keys[] = {"dir/0.jpg", "dir/1.x.jpg", "dir/2.jpg"};
  for (const int i : {0, 1, 2, 1}) {  // also back to an earlier shard
    const absl::StatusOr<ImageName> name = (*set)->Name(i);
    ASSERT_TRUE(name.ok()) << name.status();
    EXPECT_EQ(name->path, paths[i]);
    EXPECT_EQ(name->key, keys[i]);
  }
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
                        "0 to 1 or a name (lines of classes.txt)"));
}

// Neither split shows all classes.
TEST(TarShards, ClassesAreTheSameInAllSplits) {
  const std::string root = base::NewFolder("classes");
  base::WriteFile(root + "/train-0.tar",
                  Sample("a", 1, "0") + Sample("b", 2, "3") + TarEnd());
  base::WriteFile(root + "/val-0.tar",
                  Sample("a", 3, "4") + Sample("b", 4, "") + TarEnd());
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const auto set = Open(root, split);
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ((*set)->size(), 2);
    EXPECT_EQ((*set)->info().num_classes, 5);
    EXPECT_THAT((*set)->info().splits,
                ElementsAre(Split::kTrain, Split::kTest));
  }
  const auto test = Open(root, Split::kTest);
  EXPECT_EQ((*test)->Label(0), 4);
  EXPECT_EQ((*test)->Label(1), -1);
}

TEST(TarShards, ClassesMayHaveNames) {
  const std::string root = base::NewFolder("class_names");
  base::WriteFile(root + "/train-0.tar",
                  Sample("a", 1, "dog") + Sample("b", 2, "cat") + TarEnd());
  base::WriteFile(root + "/val-0.tar", Sample("a", 3, "cow\n") + TarEnd());
  const auto named = Open(root, Split::kTest);
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ((*named)->Label(0), 1);
  EXPECT_THAT((*named)->info().class_names, ElementsAre("cat", "cow", "dog"));
  // Training goes on without the other split.
  base::WriteFile(root + "/val-0.tar", std::string(2000, 'x'));
  EXPECT_THAT(Refusal(root, Split::kTest), HasSubstr("no tar archive"));
  EXPECT_EQ((*Open(root, Split::kTrain))->info().num_classes, 2);
}

TEST(TarShards, ShardsMayBeEmpty) {
  const std::string root = base::NewFolder("empty");
  base::WriteFile(root + "/0.tar", std::string(10240, '\0'));
  base::WriteFile(root + "/1.tar", Sample("a", 1, "") + TarEnd());
  base::WriteFile(root + "/2.tar", "");
  for (int start = 0; start < 2; ++start) {  // the second one reads the index
    const auto set = Open(root, Split::kTrain);
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ((*set)->size(), 1);
    EXPECT_THAT((*set)->shards(), ElementsAre(1));
    EXPECT_TRUE((*set)->Image(0).ok());
    EXPECT_EQ((*set)->info().not_read.Text(root),
              "2 empty shards (0.tar, 2.tar), 1 .json");
  }
  std::filesystem::remove(root + "/1.tar");
  EXPECT_THAT(
      Refusal(root, Split::kTrain),
      StartsWith(root + ": has no images in its 2 tar shards (not read: 2 "
                        "empty shards (0.tar, 2.tar)), expected KEY.jpg, "));
}

TEST(TarShards, ReadsWhatIsBeforeDamageIfBadImagesAreSkipped) {
  const std::string root = base::NewFolder("cut");
  std::string bytes = Sample("a", 1, "0") + Sample("b", 2, "1");
  base::WriteFile(root + "/0.tar", bytes + TarBlocks({"c.jpg", "x"}));
  base::WriteFile(root + "/1.tar",
                  Sample("d", 3, "2") + TarBlocks({"e.jpg", ""}) + TarEnd());
  EXPECT_THAT(
      Refusal(root, Split::kTrain),
      AllOf(StartsWith(root + "/0.tar: the archive is cut off (at byte"),
            HasSubstr("get the file again, or set "
                      "data.loader.on_bad_image to SKIP to read the "
                      "shard's other 2 images")));
  DataSpec spec;
  spec.mutable_loader()->set_on_bad_image(LoaderSpec::SKIP);
  for (int start = 0; start < 2; ++start) {
    const auto set = OpenAs("tar_shards", root, Split::kTrain, Mine(), spec);
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ((*set)->size(), 3);
    EXPECT_EQ((*set)->Label(2), 2);
    EXPECT_EQ((*set)->info().not_read.Text(root),
              "3 .json, 1 cut-off shard (0.tar), 1 empty image (1.tar: e.jpg)");
  }
}

TEST(TarShards, ReadsLinksAndArchivesThatWereJoined) {
  const std::string root = base::NewFolder("joined");
  base::WriteFile(root + "/line\nbreak.tar",
                  Sample("a", 10, "1") + TarHardLink("z.jpg", "a.jpg") +
                      TarHardLink("z.cls", "a.cls") +
                      TarSymbolicLink("y.jpg", "gone.jpg") + TarEnd() +
                      Sample("a", 30, "0") + TarEnd() + "garbage");
  const auto set = Open(root, Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ((*set)->size(), 3);
  const int labels[] = {1, 1, 0}, reds[] = {10, 10, 30};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((*set)->Label(i), labels[i]);
    EXPECT_EQ((*(*set)->Image(i))[0][0][0].item<int>(), reds[i]);
  }
  EXPECT_THAT((*set)->info().not_read.Text(root),
              AllOf(StartsWith("2 .json, 1 link to nothing (line\nbreak.tar: "
                               "y.jpg), 1 unreadable end of a shard"),
                    HasSubstr("7 bytes from byte")));
}

TEST(TarShards, MayLieInFoldersBelow) {
  const std::string root = base::NewFolder("below");
  for (const std::string folder : {"/train/b", "/train/a", "/val"}) {
    std::filesystem::create_directories(root + folder);
    base::WriteFile(root + folder + "/0.tar",
                    Sample("a", folder.back(), "0") + TarEnd());
  }
  base::WriteFile(root + "/train/labels.csv", "");
  ExpectOpens(root, {/*size=*/2, /*num_classes=*/1, "0", 0.485});
  const auto set = Open(root, Split::kTrain);
  EXPECT_EQ((*(*set)->Image(0))[0][0][0].item<int>(), 'a');
  EXPECT_EQ((*set)->info().not_read.Text(), "2 .json, 1 .csv");
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
      {Sample("a", 1, "-2"), "a.cls is not a number from 0 to 1048575"},
      {Sample("a", 1, "1048576"), "a.cls is not a number from 0 to 1048575"},
      {Sample("a", 1, std::string(257, '1')), "a.cls has 257 bytes"},
      {TarBlocks({"a.cls", "1"}) + Sample("b", 1, "1"),
       "a.cls has no image beside it"},
      {TarBlocks({"a.jpg", "x"}) + TarBlocks({"a.png", "x"}), "a has two"},
      {TarBlocks({"a.jpg", ""}), "a has an empty image"}};
  for (const auto& [bytes, message] : cases) {
    base::WriteFile(path, bytes + TarEnd());
    EXPECT_THAT(Refusal(root, Split::kTrain),
                StartsWith(path + ": " + message));
  }
  base::WriteFile(path, TarBlocks({"n01440764.tar", "x"}) + TarEnd());
  EXPECT_THAT(Refusal(root, Split::kTrain),
              StartsWith(root + ": has no images in its 1 tar shard (not "
                                "read: 1 .tar), expected KEY.jpg, "));
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
