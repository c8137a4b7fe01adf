#include "data/sets/contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace caldera::data {
namespace {

// Has no pixels; the first images are those without a label.
class Labels : public Dataset {
 public:
  Labels(Split split, int64_t size, int64_t num_classes, int64_t unlabelled)
      : size_(size), unlabelled_(unlabelled) {
    info_.folder = "/d";
    info_.split = split;
    info_.splits = {Split::kTrain, Split::kTest};
    info_.num_classes = num_classes;
  }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }
  absl::StatusOr<at::Tensor> Image(int64_t) const override {
    return absl::UnimplementedError("no pixels");
  }
  int64_t Label(int64_t i) const override { return i < unlabelled_ ? -1 : 0; }

  DatasetInfo info_;

 private:
  const int64_t size_, unlabelled_;
};

std::shared_ptr<Labels> Set(Split split, int64_t size, int64_t num_classes = 37,
                            int64_t unlabelled = 0) {
  return std::make_shared<Labels>(split, size, num_classes, unlabelled);
}

TEST(ContentsLine, CountsImagesClassesAndSplits) {
  const auto train = Set(Split::kTrain, 1000000);
  const auto test = Set(Split::kTest, 480);
  EXPECT_EQ(ContentsLine({train, test}),
            "1,000,480 images, 37 classes, 2 splits (train 1,000,000, test "
            "480)");
  EXPECT_EQ(ContentsLine({train}),
            "1,000,000 images, 37 classes, 2 splits (train 1,000,000, test)");
  const auto one = Set(Split::kTrain, 1, 1);
  one->info_.splits = {Split::kTrain};
  EXPECT_EQ(ContentsLine({one}), "1 image, 1 class, 1 split");
  one->info_.num_classes = 0;
  EXPECT_EQ(ContentsLine({one}), "1 image, no labels, 1 split");
}

TEST(ContentsLine, SaysWhatHasNoLabel) {
  EXPECT_EQ(
      ContentsLine({Set(Split::kTrain, 12), Set(Split::kTest, 12, 37, 12)}),
      "24 images, 37 classes, 2 splits (train 12, test 12 without "
      "labels)");
  const auto train = Set(Split::kTrain, 12, 37, 1);
  train->info_.splits = {Split::kTrain, Split::kUnlabeled,
                         Split::kTrainUnlabeled};
  EXPECT_EQ(ContentsLine({train}),
            "12 images, 37 classes, 2 splits (train 12 with 1 unlabelled, "
            "unlabeled)");
}

TEST(ContentsLine, NamesWhatIsNotRead) {
  const auto train = Set(Split::kTrain, 12);
  const auto test = Set(Split::kTest, 12);
  for (int i = 0; i < 14; ++i) {
    train->info_.not_read.Add(".txt", absl::StrCat("/d/train/", i, ".txt"));
  }
  test->info_.not_read.Add(".mov", "/d/val/1.mov");
  test->info_.not_read.Add("empty folder", "/d/val/cat/old");
  EXPECT_EQ(ContentsLine({train, test}),
            "24 images, 37 classes, 2 splits (train 12, test 12); not read: "
            "14 .txt, 1 .mov, 1 empty folder (val/cat/old)");
  EXPECT_EQ(NotReadList({train, test}, 2),
            "not read, .mov: 1\n  /d/val/1.mov\n"
            "not read, .txt: 14\n  /d/train/0.txt\n  /d/train/1.txt\n"
            "  and 12 more\n"
            "not read, empty folder: 1\n  /d/val/cat/old\n");
  EXPECT_EQ(NotReadList({Set(Split::kTrain, 1)}, 2), "");
  const auto odd = Set(Split::kTrain, 1);
  odd->info_.not_read.Add("empty folder", "/d/two\nlines\xF6");
  EXPECT_THAT(ContentsLine({odd}),
              testing::HasSubstr("1 empty folder (two\\nlines\\xF6)"));
  EXPECT_EQ(NotReadList({odd}, 2),
            "not read, empty folder: 1\n  /d/two\\nlines\\xF6\n");
}

}  // namespace
}  // namespace caldera::data
