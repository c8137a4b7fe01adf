#include "data/open_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "data/idx_testing.h"

namespace caldera::data {
namespace {

using ::testing::AllOf;
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
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < 60000; ++i) {
    const at::Tensor image = *(*train)->Image(i);
    for (int64_t j = 0; j < 784; ++j) {
      const double v = image.const_data_ptr<uint8_t>()[j] / 255.0;
      sum += v;
      squares += v * v;
    }
  }
  const double mean = sum / 60000 / 784;
  EXPECT_NEAR(mean, info.mean[0], 1e-4);
  EXPECT_NEAR(std::sqrt(squares / 60000 / 784 - mean * mean), info.std[0],
              1e-4);

  const auto test = OpenDataset("fashion_mnist", Split::kTest);
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ((*test)->size(), 10000);
}

TEST(OpenDataset, PrefersTheUsersFolder) {
  const std::string root = NewFolder("root");
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
  const std::string folder = NewFolder("folder");
  WriteIdxSet(folder, "train", 5, 8, 8);
  const auto dataset = OpenDataset(folder, Split::kTrain);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->size(), 5);
}

TEST(OpenDataset, ListsWhatThereIsForAnUnknownName) {
  const auto dataset = OpenDataset("Fashon-MNIST", Split::kTrain);
  EXPECT_EQ(dataset.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(dataset.status().message()),
              AllOf(StartsWith("Fashon-MNIST: neither a folder nor"),
                    HasSubstr("did you mean fashion_mnist?"),
                    HasSubstr("Known: fashion_mnist")));
}

}  // namespace
}  // namespace caldera::data
