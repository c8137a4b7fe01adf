#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "data/sets/dataset_format_testing.h"
#include "data/sets/formats/image_folder.pb.h"

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

// An image of height 2, width 3, whose red is `red`.
void Add(const std::string& path, int red) {
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  base::WriteFile(path, BmpBytes(2, 3, red, 20, 30));
}

std::string Refusal(const std::string& root, Split split,
                    const DataSpec& spec = {}) {
  const auto set = OpenAs("image_folder", root, split, Mine(), spec);
  EXPECT_FALSE(set.ok());
  return std::string(set.status().message());
}

// (label, red) of each image, in order.
std::vector<std::pair<int64_t, int>> Images(const Dataset& set) {
  std::vector<std::pair<int64_t, int>> images;
  for (int64_t i = 0; i < set.size(); ++i) {
    const absl::StatusOr<at::Tensor> image = set.Image(i);
    EXPECT_TRUE(image.ok()) << image.status();
    if (!image.ok()) continue;
    EXPECT_EQ(image->sizes(), (at::IntArrayRef{3, 2, 3}));
    images.emplace_back(set.Label(i), (*image)[0][1][2].item<int>());
  }
  return images;
}

using Pairs = std::vector<std::pair<int64_t, int>>;

TEST(ImageFolder, IsRecognised) {
  const std::string root = base::NewFolder("recognised");
  Add(root + "/cat/a.png", 1);
  ExpectOpens(root, {/*size=*/1, /*num_classes=*/1, "cat", 0.485});
}

TEST(ImageFolder, ReadsClassesSortedByName) {
  const std::string root = base::NewFolder("classes");
  Add(root + "/dog/b.png", 1);
  Add(root + "/dog/a.JPEG", 2);
  Add(root + "/Ant/z.webp", 3);
  Add(root + "/cat/x.jpg", 4);
  Add(root + "/cat/y.bmp", 5);
  base::WriteFile(root + "/cat/notes.txt", "");
  base::WriteFile(root + "/README", "");
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(Images(**set), (Pairs{{0, 3}, {1, 4}, {1, 5}, {2, 2}, {2, 1}}));
  EXPECT_THAT((*set)->info().class_names, ElementsAre("Ant", "cat", "dog"));
  EXPECT_EQ((*set)->info().num_classes, 3);
  EXPECT_EQ((*set)->info().channels, 3);
  EXPECT_EQ((*set)->info().height, 0);
  EXPECT_THAT(Refusal(root, Split::kTest),
              StartsWith("mine: has no split test; choose from train"));

  const auto source = (*set)->Open(1);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->width(), 3);
  EXPECT_EQ((*(*source)->Region({0, 1, 1, 2}))[2][0][1].item<int>(), 30);
}

TEST(ImageFolder, ReadsImageNetsLayout) {
  for (const std::string test : {"val", "test"}) {
    const std::string root = base::NewFolder("layout_" + test);
    Add(root + "/train/n1/a.JPEG", 1);
    Add(root + "/train/n2/b.JPEG", 2);
    Add(root + "/train/n3/c.JPEG", 3);
    Add(root + "/" + test + "/n3/d.JPEG", 4);  // n1 and n2 have none
    const auto train = OpenAs("image_folder", root, Split::kTrain, Mine());
    ASSERT_TRUE(train.ok()) << train.status();
    EXPECT_EQ(Images(**train), (Pairs{{0, 1}, {1, 2}, {2, 3}}));
    const auto held = OpenAs("image_folder", root, Split::kTest, Mine());
    ASSERT_TRUE(held.ok()) << held.status();
    EXPECT_EQ(Images(**held), (Pairs{{2, 4}}));
    EXPECT_EQ((*held)->info().num_classes, 3);
    EXPECT_EQ(SplitNames((*held)->info().splits), "train, test");
  }
}

TEST(ImageFolder, ImagesAreNamedByTheirPathsBelowTheFolder) {
  const std::string root = base::NewFolder("paths");
  Add(root + "/train/cat/more/b.png", 1);
  Add(root + "/train/cat/a.png", 2);
  const auto set = OpenDataset(root + "/", Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ((*set)->size(), 2);
  EXPECT_EQ((*set)->Name(0)->path, "train/cat/a.png");
  EXPECT_EQ((*set)->Name(1)->path, "train/cat/more/b.png");
  EXPECT_EQ((*set)->Name(1)->key, "");
  EXPECT_EQ(PathBelow("/a/b", "/a/bc/d"), "/a/bc/d");
  EXPECT_EQ(PathBelow("/a/b", "/a/b/d"), "d");
  EXPECT_EQ(PathBelow("", "d"), "d");
}

TEST(ImageFolder, AFolderOfImagesIsOneSetWithoutLabels) {
  const std::string root = base::NewFolder("unlabelled");
  Add(root + "/b.png", 7);
  Add(root + "/a.png", 8);
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(Images(**set), (Pairs{{-1, 8}, {-1, 7}}));
  EXPECT_EQ((*set)->info().num_classes, 0);
}

TEST(ImageFolder, TakesTheListedClassesInTheirOrder) {
  const std::string root = base::NewFolder("listed");
  for (const char* name : {"n1", "n2", "n3"}) {
    Add(root + "/train/" + name + "/a.JPEG", name[1]);
    Add(root + "/val/" + name + "/a.JPEG", name[1] + 10);
  }
  const std::string list = base::NewFolder("list") + "/list.txt";
  DataSpec spec;
  spec.set_class_list(list);
  base::WriteFile(list, "n3\nn1\n");
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const auto set = OpenAs("image_folder", root, split, Mine(), spec);
    ASSERT_TRUE(set.ok()) << set.status();
    const int more = split == Split::kTest ? 10 : 0;
    EXPECT_EQ(Images(**set), (Pairs{{0, '3' + more}, {1, '1' + more}}));
    EXPECT_THAT((*set)->info().class_names, ElementsAre("n3", "n1"));
  }

  base::WriteFile(list, "n3\n# more\nn9\n");
  EXPECT_EQ(Refusal(root, Split::kTrain, spec),
            list + ":3: class n9 has no folder in " + root +
                "/train; remove the line or get its images");
  std::filesystem::remove_all(root + "/val/n3");
  base::WriteFile(list, "n3\n");
  EXPECT_THAT(
      Refusal(root, Split::kTest, spec),
      StartsWith(list + ":1: class n3 has no folder in " + root + "/val"));
}

TEST(ImageFolder, TheFirstLevelOfFoldersIsTheClass) {
  const std::string root = base::NewFolder("levels");
  Add(root + "/cat/b.png", 1);
  Add(root + "/cat/a.png", 2);
  Add(root + "/cat/a/z.png", 3);
  Add(root + "/dog/2024/may/a.png", 4);
  base::WriteFile(root + "/cat/a/notes.txt", "");
  base::WriteFile(root + "/README.md", "");
  std::filesystem::create_directories(root + "/cat/old");
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(Images(**set), (Pairs{{0, 2}, {0, 1}, {0, 3}, {1, 4}}));
  EXPECT_EQ((*set)->info().not_read.Text(root),
            "1 .md, 1 .txt, 1 empty folder (cat/old)");
}

TEST(ImageFolder, EmptyClassFoldersAreNoClasses) {
  const std::string root = base::NewFolder("empty_classes");
  Add(root + "/train/a/1.png", 1);
  Add(root + "/train/c/1.png", 2);
  Add(root + "/val/c/1.png", 3);
  for (const char* name : {"train/b", "val/a", "val/b", "val/lost+found"}) {
    std::filesystem::create_directories(root + "/" + name);
  }
  const auto train = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(train.ok()) << train.status();
  EXPECT_EQ(Images(**train), (Pairs{{0, 1}, {1, 2}}));
  EXPECT_EQ((*train)->info().not_read.Text(root), "1 empty folder (train/b)");
  const auto val = OpenAs("image_folder", root, Split::kTest, Mine());
  ASSERT_TRUE(val.ok()) << val.status();
  EXPECT_EQ(Images(**val), (Pairs{{1, 3}}));
  EXPECT_THAT((*val)->info().class_names, ElementsAre("a", "c"));
  EXPECT_EQ((*val)->info().not_read.Text(root),
            "2 empty folders (val/a, val/b)");
  // A class without training images is refused where it would be measured.
  Add(root + "/val/b/1.png", 4);
  EXPECT_EQ(Refusal(root, Split::kTest),
            root + "/val/b: a class that the training images do not have (" +
                root + "/train/b holds none); remove it or correct its name");
  EXPECT_TRUE(OpenAs("image_folder", root, Split::kTrain, Mine()).ok());
}

TEST(ImageFolder, ASplitThatNobodySortedHasNoLabels) {
  const std::string root = base::NewFolder("unsorted");
  Add(root + "/train/a/1.png", 1);
  Add(root + "/train/b/1.png", 2);
  Add(root + "/val/1.png", 3);
  Add(root + "/val/2.png", 4);
  const auto val = OpenAs("image_folder", root, Split::kTest, Mine());
  ASSERT_TRUE(val.ok()) << val.status();
  EXPECT_EQ(Images(**val), (Pairs{{-1, 3}, {-1, 4}}));
  EXPECT_EQ((*val)->info().num_classes, 2);
  // Sorted in part: nothing is lost.
  Add(root + "/val/b/1.png", 5);
  const auto both = OpenAs("image_folder", root, Split::kTest, Mine());
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(Images(**both), (Pairs{{1, 5}, {-1, 3}, {-1, 4}}));
}

TEST(ImageFolder, ImagesBesideClassFoldersHaveNoLabel) {
  const std::string root = base::NewFolder("strays");
  Add(root + "/cat/a.png", 1);
  Add(root + "/stray.png", 2);
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(Images(**set), (Pairs{{0, 1}, {-1, 2}}));
}

TEST(ImageFolder, LabelsOfTheTestSplitAloneNameTheClasses) {
  const std::string root = base::NewFolder("test_labels");
  Add(root + "/train/1.png", 1);
  Add(root + "/test/a/1.png", 2);
  Add(root + "/test/b/1.png", 3);
  const auto train = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(train.ok()) << train.status();
  EXPECT_EQ(Images(**train), (Pairs{{-1, 1}}));
  EXPECT_EQ((*train)->info().num_classes, 2);
  const auto test = OpenAs("image_folder", root, Split::kTest, Mine());
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ(Images(**test), (Pairs{{0, 2}, {1, 3}}));
}

TEST(ImageFolder, ValServesChoosingBesideTest) {
  const std::string root = base::NewFolder("three");
  Add(root + "/train/a/1.png", 1);
  Add(root + "/Valid/a/1.png", 2);
  Add(root + "/test/a/1.png", 3);
  const std::pair<Split, int> cases[] = {
      {Split::kTrain, 1}, {Split::kValidation, 2}, {Split::kTest, 3}};
  for (const auto& [split, red] : cases) {
    const auto set = OpenAs("image_folder", root, split, Mine());
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ(Images(**set), (Pairs{{0, red}}));
    EXPECT_EQ(SplitNames((*set)->info().splits), "train, test, validation");
  }
}

TEST(ImageFolder, TestImagesWithoutLabelsAreUnlabeledOnes) {
  const std::string root = base::NewFolder("kaggle");
  Add(root + "/train/a/1.png", 1);
  Add(root + "/train/b/1.png", 2);
  Add(root + "/val/b/1.png", 3);
  Add(root + "/test/1.png", 4);
  const std::pair<Split, Pairs> cases[] = {
      {Split::kTrain, {{0, 1}, {1, 2}}},
      {Split::kTest, {{1, 3}}},
      {Split::kUnlabeled, {{-1, 4}}},
      {Split::kTrainUnlabeled, {{0, 1}, {1, 2}, {-1, 4}}}};
  for (const auto& [split, images] : cases) {
    const auto set = OpenAs("image_folder", root, split, Mine());
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ(Images(**set), images) << SplitName(split);
  }
}

TEST(ImageFolder, AFolderThatSaysImagesIsNoClass) {
  const std::string root = base::NewFolder("yolo");
  Add(root + "/train/images/1.png", 1);
  base::WriteFile(root + "/train/labels.cache", "");
  std::filesystem::create_directory(root + "/train/labels");
  base::WriteFile(root + "/train/labels/1.txt", "");
  Add(root + "/valid/images/1.png", 2);
  base::WriteFile(root + "/data.yaml", "");
  const auto train = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(train.ok()) << train.status();
  EXPECT_EQ(Images(**train), (Pairs{{-1, 1}}));
  EXPECT_EQ((*train)->info().num_classes, 0);
  EXPECT_EQ(
      (*train)->info().not_read.Text(root),
      "1 .cache, 1 .txt, 1 .yaml, 1 folder without images (train/labels)");
  const auto test = OpenAs("image_folder", root, Split::kTest, Mine());
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ(Images(**test), (Pairs{{-1, 2}}));
  EXPECT_TRUE((*test)->info().not_read.empty());
}

TEST(ImageFolder, RecursiveTakesAllImagesWithoutLabels) {
  const std::string root = base::NewFolder("photos");
  Add(root + "/2021/1.png", 1);
  Add(root + "/2022/may/1.png", 2);
  Add(root + "/x.png", 3);
  DataSpec spec;
  spec.SetExtension(recursive, true);
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine(), spec);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(Images(**set), (Pairs{{-1, 3}, {-1, 1}, {-1, 2}}));
  EXPECT_EQ((*set)->info().num_classes, 0);
  spec.set_class_list("list.txt");
  EXPECT_THAT(Refusal(root, Split::kTrain, spec),
              StartsWith("class_list: list.txt chooses among class folders, "
                         "and recursive: true says"));
}

TEST(ImageFolder, WhatLiesBesideTheSplitsIsCountedOnce) {
  const std::string root = base::NewFolder("beside");
  Add(root + "/set/train/a/1.png", 1);
  Add(root + "/set/val/a/1.png", 2);
  Add(root + "/set/extra/1.png", 3);
  Add(root + "/set/grid.png", 4);
  base::WriteFile(root + "/set/labels.csv", "");
  Add(root + "/__MACOSX/set/._1.png", 5);
  const auto train = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(train.ok()) << train.status();
  EXPECT_EQ((*train)->info().not_read.Text(root),
            "2 images in another folder (set/extra/1.png, set/grid.png), "
            "1 .csv");
  const auto test = OpenAs("image_folder", root, Split::kTest, Mine());
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_TRUE((*test)->info().not_read.empty());
}

TEST(ImageFolder, AListMayNameClassesWithBlanks) {
  const std::string root = base::NewFolder("blanks");
  Add(root + "/hot dog/1.png", 1);
  Add(root + "/pizza/1.png", 2);
  Add(root + "/not listed/1.png", 3);
  DataSpec spec;
  spec.set_class_list(base::NewFolder("blank_list") + "/list.txt");
  base::WriteFile(spec.class_list(), "pizza\nhot dog\n");
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine(), spec);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(Images(**set), (Pairs{{0, 2}, {1, 1}}));
  std::filesystem::remove(root + "/pizza/1.png");
  EXPECT_EQ(Refusal(root, Split::kTrain, spec),
            spec.class_list() + ":1: class pizza has no images in " + root +
                "; remove the line or get its images");
}

TEST(ImageFolder, RefusesWhatIsNoSet) {
  const std::string root = base::NewFolder("refused");
  EXPECT_THAT(Refusal(root, Split::kTrain),
              StartsWith(root + ": holds neither images (.jpg, .jpeg, "));
  std::filesystem::create_directories(root + "/dog/old");
  base::WriteFile(root + "/dog/1.raw", "");
  EXPECT_THAT(Refusal(root, Split::kTrain),
              HasSubstr(") nor folders with images, but 1 .raw; "
                        "put a folder a class there"));

  const std::string both = base::NewFolder("both");
  Add(both + "/train/cat/a.png", 1);
  Add(both + "/val/cow/a.png", 1);
  EXPECT_THAT(Refusal(both, Split::kTest),
              StartsWith(both + "/val/cow: a class that the training images "));
  std::filesystem::rename(both + "/val/cow", both + "/val/Cat");
  EXPECT_THAT(Refusal(both, Split::kTest),
              HasSubstr("do not have (they have cat); remove it or correct"));
}

TEST(ImageFolder, SymbolicLinksAreFollowedOnce) {
  const std::string root = base::NewFolder("links");
  const std::string elsewhere = base::NewFolder("elsewhere");
  Add(elsewhere + "/a.png", 9);
  std::filesystem::create_directory_symlink(elsewhere, root + "/cat");
  std::filesystem::create_symlink(root + "/gone.png", elsewhere + "/b.png");
  std::filesystem::create_directory_symlink(root, root + "/up");
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(Images(**set), (Pairs{{0, 9}}));
  EXPECT_EQ((*set)->info().not_read.Text(root),
            "1 broken link (cat/b.png), "
            "1 link to a folder that is read already (up)");
  std::filesystem::create_symlink(root + "/self", root + "/self");
  EXPECT_THAT(Refusal(root, Split::kTrain),
              StartsWith(root + "/self: a symbolic link that leads"));
}

TEST(ImageFolder, ABadImageNamesItsFileWhenItIsRead) {
  const std::string root = base::NewFolder("bad_images");
  base::WriteFile(root + "/a.png", "");
  base::WriteFile(root + "/b.png", "not an image at all");
  base::WriteFile(root + "/c.png", "BM");
  Add(root + "/d.png", 1);
  std::filesystem::resize_file(root + "/d.png", 60);
  Add(root + "/e.png", 1);
  DataSpec spec;
  spec.mutable_decode()->set_max_pixels(5);  // the images have 6
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine(), spec);
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ((*set)->size(), 5);
  for (int i = 0; i < 5; ++i) {
    const absl::StatusOr<at::Tensor> image = (*set)->Image(i);
    EXPECT_FALSE(image.ok()) << i;
    EXPECT_THAT(std::string(image.status().message()),
                StartsWith(root + "/" + "abcde"[i] + ".png: "));
  }
}

// Photos by year, of which some are held out: both splits together are all of
// them, and a copy is in neither.
TEST(ImageFolder, HoldsImagesOut) {
  const std::string root = base::NewFolder("held_out");
  for (int i = 0; i < 30; ++i) {
    Add(absl::StrCat(root, "/", 2000 + i % 3, "/", i, ".bmp"), i);
  }
  Add(root + "/2001/copy.bmp", 0);
  DataSpec spec;
  spec.SetExtension(recursive, true);
  spec.SetExtension(held_out_share, 0.2);
  const auto train = OpenAs("image_folder", root, Split::kTrain, Mine(), spec);
  const auto held =
      OpenAs("image_folder", root, Split::kValidation, Mine(), spec);
  ASSERT_TRUE(train.ok()) << train.status();
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_THAT((*train)->info().splits,
              ElementsAre(Split::kTrain, Split::kValidation));
  Pairs all = Images(**train);
  const Pairs of_held = Images(**held);
  EXPECT_GE(of_held.size(), 2);
  EXPECT_LT(of_held.size(), 15);
  all.insert(all.end(), of_held.begin(), of_held.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 30);
  for (int i = 0; i < 30; ++i)
    EXPECT_EQ(all[i], std::make_pair(int64_t{-1}, i));
  EXPECT_THAT((*train)->info().not_read.Text(root),
              HasSubstr("1 copied image"));
  EXPECT_TRUE((*held)->info().not_read.empty());
}

TEST(ImageFolder, HoldsNothingOutWhereThereIsAnotherSplit) {
  const std::string root = base::NewFolder("own_split");
  for (int i = 0; i < 8; ++i) {
    Add(absl::StrCat(root, "/train/", i, ".bmp"), i);
    Add(absl::StrCat(root, "/val/", i, ".bmp"), 100 + i);
  }
  DataSpec spec;
  spec.SetExtension(held_out_share, 0.5);
  const auto train = OpenAs("image_folder", root, Split::kTrain, Mine(), spec);
  ASSERT_TRUE(train.ok()) << train.status();
  EXPECT_EQ((*train)->size(), 8);
}

}  // namespace
}  // namespace caldera::data
