#include "data/sets/cifar_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_testing.h"
#include "data/formats/cifar_testing.h"

namespace caldera::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

DatasetInfo Named(const std::string& name) {
  DatasetInfo info;
  info.name = name;
  return info;
}

// Image `i` of CifarRecords, by its definition.
void ExpectImage(const Dataset& dataset, int64_t i, int record) {
  const absl::StatusOr<at::Tensor> image = dataset.Image(i);
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->sizes(), (at::IntArrayRef{3, 32, 32}));
  ASSERT_EQ(image->scalar_type(), at::kByte);
  for (const auto& [c, y, x] : {std::array<int, 3>{0, 0, 0},
                                {0, 0, 31},
                                {0, 1, 0},
                                {1, 0, 0},
                                {2, 31, 31}}) {
    EXPECT_EQ((*image)[c][y][x].item<int>(),
              (11 * record + 1024 * c + 32 * y + x) % 251);
  }
}

TEST(CifarDataset, ReadsCifar10AcrossItsFiles) {
  const std::string folder = base::NewFolder("cifar10");
  WriteCifar10(folder);
  const auto train = OpenCifar10(folder, Split::kTrain, Named("mine"));
  ASSERT_TRUE(train.ok()) << train.status();
  ASSERT_EQ((*train)->size(), 10);
  for (int64_t i = 0; i < 10; ++i) {
    EXPECT_EQ((*train)->Label(i), 3 * i % 10);
    ExpectImage(**train, i, i);
  }
  const DatasetInfo& info = (*train)->info();
  EXPECT_EQ(info.num_classes, 10);
  EXPECT_EQ(info.class_names[3], "3");
  EXPECT_EQ(info.channels, 3);
  EXPECT_EQ(info.height, 32);
  EXPECT_EQ(info.splits, (std::vector<Split>{Split::kTrain, Split::kTest}));

  const auto test = OpenCifar10(folder, Split::kTest, Named("mine"));
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ((*test)->size(), 3);
  ExpectImage(**test, 2, 22);
}

TEST(CifarDataset, ReadsTheFineLabelsOfCifar100) {
  const std::string folder = base::NewFolder("cifar100");
  WriteCifar100(folder);
  std::string names;
  for (int i = 0; i < 100; ++i) names += absl::StrCat("class ", i, "\n");
  base::WriteFile(folder + "/fine_label_names.txt", names + "\n");
  const auto train = OpenCifar100(folder, Split::kTrain, Named("mine"));
  ASSERT_TRUE(train.ok()) << train.status();
  ASSERT_EQ((*train)->size(), 40);
  EXPECT_EQ((*train)->Label(34), 2);
  ExpectImage(**train, 34, 34);
  EXPECT_EQ((*train)->info().num_classes, 100);
  EXPECT_EQ((*train)->info().class_names[99], "class 99");
  const auto test = OpenCifar100(folder, Split::kTest, Named("mine"));
  ASSERT_TRUE(test.ok()) << test.status();
  ExpectImage(**test, 0, 40);
}

// The file's bytes, not a copy of them.
TEST(CifarDataset, ServesViews) {
  const std::string folder = base::NewFolder("views");
  WriteCifar100(folder);
  const auto set = OpenCifar100(folder, Split::kTrain, Named("mine"));
  EXPECT_EQ((*set)->Image(1)->const_data_ptr<uint8_t>() -
                (*set)->Image(0)->const_data_ptr<uint8_t>(),
            3074);
}

TEST(CifarDataset, RefusesBadFiles) {
  const std::string folder = base::NewFolder("bad");
  WriteCifar10(folder);
  const auto refusal = [&](Split split) {
    const auto set = OpenCifar10(folder, split, Named("mine"));
    EXPECT_FALSE(set.ok());
    return std::string(set.status().message());
  };
  EXPECT_THAT(refusal(Split::kUnlabeled),
              StartsWith("mine: has no split unlabeled; choose from train, "));

  const std::string test = folder + "/test_batch.bin";
  std::string bytes = CifarRecords(1, 10, 0, 2);
  base::WriteFile(test, bytes.substr(0, bytes.size() - 1));
  EXPECT_THAT(refusal(Split::kTest),
              StartsWith(test + ": has 6145 bytes, expected a multiple of 3073 "
                                "(a label and 3x32x32 pixels)"));
  base::WriteFile(test, "");
  EXPECT_THAT(refusal(Split::kTest), StartsWith(test + ": has 0 bytes"));
  bytes[3073] = 10;
  base::WriteFile(test, bytes);
  EXPECT_THAT(refusal(Split::kTest),
              StartsWith(test + ": label 1 is 10, expected 0 to 9; "));

  std::filesystem::remove(folder + "/data_batch_4.bin");
  EXPECT_THAT(refusal(Split::kTrain),
              StartsWith(folder + "/data_batch_4.bin: cannot open it"));
  WriteCifar10(folder);
  base::WriteFile(folder + "/batches.meta.txt", "airplane\nautomobile\n");
  EXPECT_THAT(refusal(Split::kTest),
              HasSubstr("batches.meta.txt: names 2 classes, expected 10"));
}

}  // namespace
}  // namespace caldera::data
