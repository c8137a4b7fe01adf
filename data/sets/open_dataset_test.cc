#include "data/sets/open_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "data/formats/idx_testing.h"
#include "data/sets/dataset_stats.h"

namespace caldera::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(OpenDataset, OpensFashionMnistFromTheRunfiles) {
  unsetenv("CALDERA_DATA");
  const auto train = OpenDataset("fashion_mnist", Split::kTrain);
  ASSERT_TRUE(train.ok()) << train.status();
  EXPECT_EQ((*train)->size(), 60000);
  const DatasetInfo& info = (*train)->info();
  EXPECT_EQ(info.name, "fashion_mnist");
  EXPECT_EQ(info.class_names[9], "Ankle boot");
  EXPECT_EQ(info.height, 28);
  EXPECT_EQ((*train)->Label(0), 9);

  // The constants that models are normalised with are the set's own.
  const absl::StatusOr<DatasetStats> stats = ComputeStats(**train, 2);
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_NEAR(stats->mean[0], info.mean[0], 1e-4);
  EXPECT_NEAR(stats->std[0], info.std[0], 1e-4);

  const auto test = OpenDataset("fashion_mnist", Split::kTest);
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ((*test)->size(), 10000);
}

TEST(OpenDataset, PrefersTheUsersFolder) {
  const std::string root = base::NewFolder("root");
  setenv("CALDERA_DATA", root.c_str(), 1);
  auto dataset = OpenDataset("fashion_mnist", Split::kTest);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->size(), 10000);  // no such folder in it: the package

  std::filesystem::create_directory(root + "/fashion_mnist");
  WriteIdxSet(root + "/fashion_mnist", "t10k", 5, 28, 28);
  dataset = OpenDataset("fashion_mnist", Split::kTest);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->size(), 5);
  EXPECT_EQ((*dataset)->info().name, "fashion_mnist");
  unsetenv("CALDERA_DATA");
}

TEST(OpenDataset, OpensAFolder) {
  const std::string folder = base::NewFolder("folder");
  WriteIdxSet(folder, "train", 5, 8, 8);
  const auto dataset = OpenDataset(folder, Split::kTrain);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->size(), 5);
}

TEST(OpenDataset, RefusesASplitThatThereIsNot) {
  DataSpec spec;
  spec.set_dataset(base::NewFolder("split"));
  spec.set_split("val");
  EXPECT_THAT(std::string(OpenDataset(spec).status().message()),
              StartsWith("split: 'val' is no split"));
}

TEST(OpenDataset, TakesTheListedClassesAndTheLimitOnPixels) {
  const std::string folder = base::NewFolder("listed");
  for (const char* name : {"/a", "/b"}) {
    std::filesystem::create_directory(folder + name);
    base::WriteFile(folder + name + "/1.png", BmpBytes(2, 2, 1, 2, 3));
  }
  const std::string list = base::NewFolder("list") + "/list.txt";
  base::WriteFile(list, "b\n");
  DataSpec spec;
  spec.set_dataset(folder);
  spec.set_class_list(list);
  spec.mutable_decode()->set_max_pixels(3);
  const auto set = OpenDataset(spec);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT((*set)->info().class_names, ElementsAre("b"));
  EXPECT_FALSE((*set)->Image(0).ok());
}

TEST(OpenDataset, RefusesWhatTheFormatDoesNotHave) {
  const std::string folder = base::NewFolder("grey");
  WriteIdxSet(folder, "train", 5, 8, 8);
  DataSpec spec;
  spec.set_dataset(folder);
  const auto refusal = [&] {
    return std::string(OpenDataset(spec).status().message());
  };
  spec.set_class_list("list.txt");
  EXPECT_EQ(refusal(),
            "class_list: list.txt chooses among class folders, and " + folder +
                " holds IDX files; leave the field out");
  spec.clear_class_list();
  spec.add_option("invert=true");
  EXPECT_EQ(refusal(),
            "option[0]: idx has no option \"invert\", and no others; leave it "
            "out");
  spec.clear_option();
  for (int c = 0; c < 3; ++c) {
    spec.add_mean(0.5);
    spec.add_std(0.5);
  }
  EXPECT_THAT(refusal(), StartsWith("mean: has 3 values, and the images of " +
                                    folder + " have 1 channels"));
  spec.clear_mean();
  spec.clear_std();
  spec.set_split("unlabeled");
  EXPECT_THAT(refusal(), StartsWith(folder + ": has no split unlabeled; "
                                             "choose from train"));
}

TEST(OpenDataset, ListsWhatThereIsForAnUnknownName) {
  const auto dataset = OpenDataset("Fashon-MNIST", Split::kTrain);
  EXPECT_EQ(dataset.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(dataset.status().message()),
              AllOf(StartsWith("Fashon-MNIST: neither a folder nor"),
                    HasSubstr("did you mean fashion_mnist?"),
                    HasSubstr("Known: mnist, fashion_mnist, cifar10")));
}

}  // namespace
}  // namespace caldera::data
