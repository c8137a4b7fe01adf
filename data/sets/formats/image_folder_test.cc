#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
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

TEST(ImageFolder, RefusesWhatIsNoSet) {
  const std::string root = base::NewFolder("refused");
  EXPECT_THAT(Refusal(root, Split::kTrain),
              StartsWith(root + ": holds neither images (.jpg, .jpeg, "));
  Add(root + "/cat/a.png", 1);
  std::filesystem::create_directories(root + "/dog/puppies");
  Add(root + "/dog/puppies/a.png", 1);
  EXPECT_THAT(Refusal(root, Split::kTrain),
              StartsWith(root + "/dog: a class folder without images"));
  std::filesystem::remove_all(root + "/dog");
  Add(root + "/stray.png", 1);
  EXPECT_THAT(
      Refusal(root, Split::kTrain),
      StartsWith(root + ": holds images (stray.png) and folders (cat)"));

  const std::string both = base::NewFolder("both");
  Add(both + "/train/cat/a.png", 1);
  Add(both + "/val/cow/a.png", 1);
  EXPECT_THAT(Refusal(both, Split::kTest),
              StartsWith(both + "/val/cow: a class that the training images "));
  std::filesystem::remove_all(both + "/val/cow");
  Add(both + "/val/a.png", 1);
  EXPECT_THAT(
      Refusal(both, Split::kTest),
      StartsWith(both + "/val: holds images (a.png) outside of class "));
}

TEST(ImageFolder, SymbolicLinksAreFollowedOnce) {
  const std::string root = base::NewFolder("links");
  const std::string elsewhere = base::NewFolder("elsewhere");
  Add(elsewhere + "/a.png", 9);
  std::filesystem::create_directory_symlink(elsewhere, root + "/cat");
  const auto set = OpenAs("image_folder", root, Split::kTrain, Mine());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(Images(**set), (Pairs{{0, 9}}));

  std::filesystem::create_directory_symlink(root, root + "/up");
  EXPECT_THAT(Refusal(root, Split::kTrain),
              StartsWith(root + "/up: a class folder without images"));
  std::filesystem::remove(root + "/up");
  std::filesystem::create_symlink(root + "/self", root + "/self");
  EXPECT_THAT(Refusal(root, Split::kTrain),
              StartsWith(root + "/self: a symbolic link that leads"));
}

TEST(ImageFolder, ABadImageNamesItsFileWhenItIsRead) {
  const std::string root = base::NewFolder("bad_images");
  base::WriteFile(root + "/a.png", "");
  base::WriteFile(root + "/b.png", "not an image at all");
  std::filesystem::create_symlink(root + "/c.png", root + "/c.png");
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

}  // namespace
}  // namespace caldera::data
