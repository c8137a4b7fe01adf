#include "data/sets/find_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file_testing.h"

namespace caldera::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void Touch(const std::string& path) {
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  base::WriteFile(path, "");
}

std::string FormatOf(const std::string& folder) {
  const absl::StatusOr<const DatasetFormat*> format = RecognizeFormat(folder);
  EXPECT_TRUE(format.ok()) << format.status();
  return format.ok() ? (*format)->name : "";
}

std::string Refusal(const std::string& dataset, bool class_list = false) {
  const absl::StatusOr<FoundDataset> found = FindDataset(dataset, class_list);
  EXPECT_FALSE(found.ok());
  return std::string(found.status().message());
}

TEST(RecognizeFormat, GoesByTheNamesOfFiles) {
  const std::string root = base::NewFolder("formats");
  const std::pair<std::string, std::string> cases[] = {
      {"t10k-labels-idx1-ubyte.gz", "idx"},
      {"train-images-idx3-ubyte", "idx"},
      {"test_batch.bin", "cifar10"},
      {"train.bin", "cifar100"},
      {"unlabeled_X.bin", "stl10"},
      {"0.tar", "tar_shards"},
      {"train/0.tar", "tar_shards"},
      {"cat/1.jpg", "image_folder"},
      {"1.png", "image_folder"}};
  for (int i = 0; i < std::size(cases); ++i) {
    const std::string folder = root + "/" + std::to_string(i);
    Touch(folder + "/" + cases[i].first);
    EXPECT_EQ(FormatOf(folder), cases[i].second) << cases[i].first;
  }
  Touch(root + "/tiny/wnids.txt");
  Touch(root + "/tiny/train/n1/images/a.JPEG");
  EXPECT_EQ(FormatOf(root + "/tiny"), "tiny_imagenet");
}

// Where a folder has the files of several formats, whatever the order in which
// they were linked.
TEST(RecognizeFormat, TheRankDecides) {
  const std::string root = base::NewFolder("ranks");
  const std::pair<std::string, std::string> added[] = {
      {"cat/1.jpg", "image_folder"},   {"train/n1/a.JPEG", "image_folder"},
      {"wnids.txt", "tiny_imagenet"},  {"train.bin", "cifar100"},
      {"batches.meta", "cifar100"},    {"test_X.bin", "stl10"},
      {"data_batch_5.bin", "cifar10"}, {"t10k-images-idx3-ubyte", "idx"}};
  for (const auto& [file, format] : added) {
    Touch(root + "/" + file);
    EXPECT_EQ(FormatOf(root), format) << file;
  }
}

TEST(RecognizeFormat, KnowsThePythonVersionsOfCifar) {
  const std::string root = base::NewFolder("python_versions");
  Touch(root + "/py10/data_batch_1");
  EXPECT_EQ(FormatOf(root + "/py10"), "cifar10");
  Touch(root + "/py100/meta");
  Touch(root + "/py100/train");
  EXPECT_EQ(FormatOf(root + "/py100"), "cifar100");
}

TEST(RecognizeFormat, SaysWhatIsInTheWay) {
  const std::string root = base::NewFolder("in_the_way");
  const auto refusal = [&](const std::string& folder) {
    return std::string(RecognizeFormat(folder).status().message());
  };
  EXPECT_THAT(refusal(root),
              AllOf(StartsWith(root + ": holds no data set; put IDX files, "),
                    HasSubstr(" or images (those of a class in a folder of its "
                              "name) there")));
  Touch(root + "/cifar-10-binary.tar.gz");
  EXPECT_THAT(refusal(root),
              StartsWith(root + ": holds cifar-10-binary.tar.gz still packed"));
  EXPECT_THAT(refusal(root + "/none"), HasSubstr("cannot list the folder"));
}

TEST(FindDataset, LooksForNamesUnderCalderaData) {
  const std::string root = base::NewFolder("data");
  setenv("CALDERA_DATA", root.c_str(), 1);
  Touch(root + "/cifar10/test_batch.bin");
  auto found = FindDataset("cifar10", false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->folder, root + "/cifar10");
  // The folder that the archive makes comes first.
  Touch(root + "/cifar-10-batches-bin/test_batch.bin");
  found = FindDataset("cifar10", false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->folder, root + "/cifar-10-batches-bin");
  EXPECT_EQ(found->known->name, "cifar10");
  Touch(root + "/cifar-100-python/meta");
  Touch(root + "/cifar-100-python/test");
  found = FindDataset("cifar100", false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->folder, root + "/cifar-100-python");
  std::filesystem::remove_all(root + "/cifar-100-python");
  // Unpacked inside a folder of the set's name.
  Touch(root + "/stl10/stl10_binary/train_X.bin");
  found = FindDataset("stl10", false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->folder, root + "/stl10/stl10_binary");

  EXPECT_THAT(
      Refusal("cifar100"),
      StartsWith("cifar100: is not in " + root +
                 " ($CALDERA_DATA); get cifar-100-binary.tar.gz (168513733 "
                 "bytes, MD5 03b5dce01913d631647c71ecec9e9cb8) from "));
  Touch(root + "/mnist/0.png");
  EXPECT_THAT(Refusal("mnist"),
              StartsWith(root + "/mnist: holds folders of images, expected "
                                "IDX files for mnist; get "));
  Touch(root + "/imagenet/train/0.tar");
  EXPECT_EQ(FindDataset("imagenet", false)->format->name, "tar_shards");
  unsetenv("CALDERA_DATA");
  EXPECT_THAT(Refusal("cifar100"),
              StartsWith("cifar100: is not in $CALDERA_DATA, which is not "
                         "set: set it to a folder; get "));
}

TEST(FindDataset, ImageNet100IsImageNetWithAList) {
  const std::string root = base::NewFolder("hundred");
  setenv("CALDERA_DATA", root.c_str(), 1);
  Touch(root + "/imagenet/train/n1/a.JPEG");
  EXPECT_THAT(Refusal("imagenet100"), HasSubstr("100 classes in class_list"));
  auto found = FindDataset("imagenet100", true);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->folder, root + "/imagenet");
  Touch(root + "/imagenet100/train/n1/a.JPEG");
  found = FindDataset("imagenet100", false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->folder, root + "/imagenet100");
  unsetenv("CALDERA_DATA");
}

TEST(FindDataset, TakesAFolderOrTheOneAbove) {
  const std::string root = base::NewFolder("folders");
  Touch(root + "/cifar-100-binary/train.bin");
  for (const std::string& name : {root, root + "/cifar-100-binary"}) {
    const auto found = FindDataset(name, false);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->folder, root + "/cifar-100-binary");
    EXPECT_EQ(found->known->name, "cifar100");
  }
  const std::string mine = base::NewFolder("mine");
  Touch(mine + "/train-images-idx3-ubyte");
  const auto found = FindDataset(mine, false);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->known, nullptr);  // MNIST or another
}

TEST(FindDataset, ListsWhatThereIsForAnUnknownName) {
  EXPECT_EQ(FindDataset("cifra10", false).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(Refusal("cifra10"),
              AllOf(StartsWith("cifra10: neither a folder nor a known"),
                    HasSubstr("did you mean cifar10? Known: mnist, ")));
}

}  // namespace
}  // namespace caldera::data
