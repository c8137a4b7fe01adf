#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "data/sets/dataset_format_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// Writes a set: class 0 is n07 (training images of red 70 and 71), class 1 is
// n01 (10, 11); images of val have red 200 (n01), 201 (n07) and 202 (n01).
void WriteTinyImageNet(const std::string& folder) {
  base::WriteFile(folder + "/wnids.txt", "n07\nn01\n");
  base::WriteFile(folder + "/words.txt",
                  "n07\tgoldfish, Carassius auratus\nn5\tx\n");
  for (const int n : {7, 1}) {
    const std::string images = absl::StrCat(folder, "/train/n0", n, "/images/");
    std::filesystem::create_directories(images);
    for (const int i : {0, 1}) {
      base::WriteFile(absl::StrCat(images, "n0", n, "_", i, ".JPEG"),
                      BmpBytes(4, 4, 10 * n + i, 0, 0));
    }
  }
  std::filesystem::create_directories(folder + "/val/images");
  for (const int i : {0, 1, 2}) {
    base::WriteFile(absl::StrCat(folder, "/val/images/val_", i, ".JPEG"),
                    BmpBytes(4, 4, 200 + i, 0, 0));
  }
  base::WriteFile(folder + "/val/val_annotations.txt",
                  "val_0.JPEG\tn01\t0\t32\t44\t62\n"
                  "val_1.JPEG\tn07\t0\t32\t44\t62\n"
                  "val_2.JPEG\tn01\t0\t32\t44\t62\n");
}

absl::StatusOr<std::shared_ptr<const Dataset>> Open(const std::string& folder,
                                                    Split split) {
  DatasetInfo info;
  info.name = "mine";
  return OpenAs("tiny_imagenet", folder, split, info);
}

std::string Refusal(const std::string& folder, Split split) {
  const auto set = Open(folder, split);
  EXPECT_FALSE(set.ok());
  return std::string(set.status().message());
}

TEST(TinyImageNet, IsRecognised) {
  const std::string folder = base::NewFolder("recognised");
  WriteTinyImageNet(folder);
  ExpectOpens(folder, {/*size=*/4, /*num_classes=*/2, "goldfish", 0.4802});
}

TEST(TinyImageNet, ReadsTrainAndVal) {
  const std::string folder = base::NewFolder("tiny");
  WriteTinyImageNet(folder);
  const auto train = Open(folder, Split::kTrain);
  ASSERT_TRUE(train.ok()) << train.status();
  ASSERT_EQ((*train)->size(), 4);
  EXPECT_THAT((*train)->info().class_names,
              ElementsAre("goldfish", "n01"));  // n01 has no words
  const int labels[] = {0, 0, 1, 1}, reds[] = {70, 71, 10, 11};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ((*train)->Label(i), labels[i]);
    const auto image = (*train)->Image(i);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ((*image)[0][0][0].item<int>(), reds[i]);
  }
  const auto test = Open(folder, Split::kTest);
  ASSERT_TRUE(test.ok()) << test.status();
  ASSERT_EQ((*test)->size(), 3);
  const int test_labels[] = {0, 1, 1}, test_reds[] = {201, 200, 202};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((*test)->Label(i), test_labels[i]);
    EXPECT_EQ((*(*test)->Image(i))[0][0][0].item<int>(), test_reds[i]);
  }
}

TEST(TinyImageNet, CountsWhatIsNotRead) {
  const std::string folder = base::NewFolder("besides");
  WriteTinyImageNet(folder);
  std::filesystem::create_directories(folder + "/test/images");
  base::WriteFile(folder + "/notes.md", "");
  const std::string photo = folder + "/val/images/my photo.JPEG";
  base::WriteFile(photo, BmpBytes(4, 4, 9, 0, 0));
  EXPECT_EQ((*Open(folder, Split::kTrain))->info().not_read.Text(folder),
            "1 .md, 1 folder (test)");
  EXPECT_EQ((*Open(folder, Split::kTest))->info().not_read.Text(folder),
            "1 file without a class (val/images/my photo.JPEG)");
  // Columns are separated by tabs, so that names may have blanks.
  base::WriteFile(folder + "/val/val_annotations.txt",
                  "my photo.JPEG\tn07\t0\r\n\r\n");
  const auto test = Open(folder, Split::kTest);
  ASSERT_TRUE(test.ok()) << test.status();
  ASSERT_EQ((*test)->size(), 1);
  EXPECT_EQ((*(*test)->Image(0))[0][0][0].item<int>(), 9);
}

TEST(TinyImageNet, NamesWhatIsWrong) {
  const std::string folder = base::NewFolder("bad");
  WriteTinyImageNet(folder);
  EXPECT_THAT(Refusal(folder, Split::kUnlabeled),
              StartsWith("mine: has no split unlabeled"));
  const std::string notes = folder + "/val/val_annotations.txt";
  base::WriteFile(notes, "val_0.JPEG\tn01\t0\t0\t9\t9\nval_7.JPEG\tn01\n");
  EXPECT_THAT(Refusal(folder, Split::kTest),
              StartsWith(notes + ":2: no image val_7.JPEG in " + folder));
  base::WriteFile(notes, "val_0.JPEG\tn02\t0\t0\t9\t9\n");
  EXPECT_THAT(Refusal(folder, Split::kTest),
              StartsWith(notes + ":1: class n02 is not in wnids.txt"));
  base::WriteFile(notes, "val_0.JPEG\n");
  EXPECT_THAT(Refusal(folder, Split::kTest),
              StartsWith(notes + ":1: expected an image and its class"));
  base::WriteFile(notes, "");
  EXPECT_THAT(Refusal(folder, Split::kTest), StartsWith(notes + ": is empty"));
  std::filesystem::remove(notes);
  EXPECT_THAT(Refusal(folder, Split::kTest),
              StartsWith(notes + ": cannot open it"));
  const std::string images = folder + "/train/n01/images";
  std::filesystem::remove_all(images);
  EXPECT_THAT(Refusal(folder, Split::kTrain),
              StartsWith(images + ": cannot list the folder"));
  std::filesystem::create_directories(images);
  EXPECT_THAT(Refusal(folder, Split::kTrain),
              StartsWith(images + ": has no images, and wnids.txt:2 names"));
}

}  // namespace
}  // namespace caldera::data
