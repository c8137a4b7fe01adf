#include "data/formats/folder_names.h"

#include <gtest/gtest.h>

namespace caldera::data {
namespace {

TEST(SplitOfName, ReadsWhatPeopleWrite) {
  const struct {
    const char* name;
    Split split;
    const char* before;
    bool exact;
  } cases[] = {
      {"train", Split::kTrain, "", true},
      {"Training", Split::kTrain, "", true},
      {"TRAIN", Split::kTrain, "", true},
      {"training_set", Split::kTrain, "", false},
      {"Training Images", Split::kTrain, "", false},
      {"trainset", Split::kTrain, "", false},
      {"train2017", Split::kTrain, "", false},
      {"train_images_2012", Split::kTrain, "", false},
      {"seg_train", Split::kTrain, "seg", false},
      {"ILSVRC2012_img_val", Split::kValidation, "ilsvrc2012_img", false},
      {"val", Split::kValidation, "", true},
      {"Valid", Split::kValidation, "", true},
      {"validation", Split::kValidation, "", true},
      {"val-data", Split::kValidation, "", false},
      {"dev", Split::kValidation, "", true},
      {"eval", Split::kValidation, "", true},
      {"Testing", Split::kTest, "", true},
      {"test_set", Split::kTest, "", false},
      {"unlabelled", Split::kUnlabeled, "", true},
      {"data_256", Split::kTrain, "", false},
      {"val_256", Split::kValidation, "", false},
      {"test_large", Split::kTest, "", false},
  };
  for (const auto& one : cases) {
    const auto named = SplitOfName(one.name);
    ASSERT_TRUE(named.has_value()) << one.name;
    EXPECT_EQ(named->split, one.split) << one.name;
    EXPECT_EQ(named->before, one.before) << one.name;
    EXPECT_EQ(named->exact, one.exact) << one.name;
  }
}

TEST(SplitOfName, LeavesClassesAlone) {
  for (const char* name :
       {"", "cat", "trains", "constrain", "value", "contest", "latest",
        "strain", "train_station", "test tube", "trainer", "dataset", "images",
        "2017", "train12017", "medieval", "dev_kit", "set", "n01440764"}) {
    EXPECT_FALSE(SplitOfName(name).has_value()) << name;
  }
}

TEST(SaysImages, IsAboutTheWholeName) {
  for (const char* name :
       {"images", "Images", "img", "photos", "JPEGImages", "data"}) {
    EXPECT_TRUE(SaysImages(name)) << name;
  }
  for (const char* name : {"cat", "images2", "cat_images", ""}) {
    EXPECT_FALSE(SaysImages(name)) << name;
  }
  EXPECT_TRUE(SaysLabels("SegmentationClass"));
  EXPECT_TRUE(SaysLabels("labels"));
  EXPECT_FALSE(SaysLabels("images"));
}

}  // namespace
}  // namespace caldera::data
