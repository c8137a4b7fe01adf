#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/formats/cifar/cifar_pickle_testing.h"
#include "data/sets/dataset_format_testing.h"

namespace caldera::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Returns `count` records from number `first` on: pixel p (in the order of the
// file) of record i is (11 i + p) mod 251, its last label (3 i) mod
// num_classes.
std::string CifarRecords(int label_bytes, int num_classes, int first,
                         int count) {
  std::string bytes;
  for (int i = first; i < first + count; ++i) {
    if (label_bytes == 2) bytes.push_back(7);  // the coarse label
    bytes.push_back(static_cast<char>(3 * i % num_classes));
    for (int p = 0; p < 3072; ++p) {
      bytes.push_back(static_cast<char>((11 * i + p) % 251));
    }
  }
  return bytes;
}

// Writes five batches of two training images and a test batch of three.
void WriteCifar10(const std::string& folder) {
  for (int b = 0; b < 5; ++b) {
    base::WriteFile(absl::StrCat(folder, "/data_batch_", b + 1, ".bin"),
                    CifarRecords(1, 10, 2 * b, 2));
  }
  base::WriteFile(folder + "/test_batch.bin", CifarRecords(1, 10, 20, 3));
}

// Writes forty training images and three test images.
void WriteCifar100(const std::string& folder) {
  base::WriteFile(folder + "/train.bin", CifarRecords(2, 100, 0, 40));
  base::WriteFile(folder + "/test.bin", CifarRecords(2, 100, 40, 3));
}

// The same records in the python version.
std::string Pickled(int num_classes, int first, int count) {
  const std::string bytes = CifarRecords(1, num_classes, first, count);
  std::string pixels;
  std::vector<int> labels;
  for (int i = 0; i < count; ++i) {
    labels.push_back(static_cast<uint8_t>(bytes[3073 * i]));
    pixels += bytes.substr(3073 * i + 1, 3072);
  }
  return PickledCifarBatch(num_classes == 10 ? "labels" : "fine_labels", pixels,
                           labels);
}

void WritePickledCifar10(const std::string& folder) {
  for (int b = 0; b < 5; ++b) {
    base::WriteFile(absl::StrCat(folder, "/data_batch_", b + 1),
                    Pickled(10, 2 * b, 2));
  }
  base::WriteFile(folder + "/test_batch", Pickled(10, 20, 3));
}

void WritePickledCifar100(const std::string& folder) {
  base::WriteFile(folder + "/train", Pickled(100, 0, 40));
  base::WriteFile(folder + "/test", Pickled(100, 40, 3));
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back(absl::StrCat("class ", i));
  base::WriteFile(folder + "/meta",
                  PickledCifarNames("fine_label_names", names));
}

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

TEST(CifarDataset, IsRecognised) {
  const std::string ten = base::NewFolder("ten");
  WriteCifar10(ten);
  ExpectOpens(ten, {/*size=*/10, /*num_classes=*/10, "airplane", 0.4914});
  const std::string hundred = base::NewFolder("hundred");
  WriteCifar100(hundred);
  ExpectOpens(hundred, {/*size=*/40, /*num_classes=*/100, "0", 0.5071});
}

TEST(CifarDataset, IsRecognisedInItsPythonVersion) {
  const std::string ten = base::NewFolder("ten_py");
  WritePickledCifar10(ten);
  ExpectOpens(ten, {/*size=*/10, /*num_classes=*/10, "airplane", 0.4914});
  const std::string hundred = base::NewFolder("hundred_py");
  WritePickledCifar100(hundred);
  ExpectOpens(hundred, {/*size=*/40, /*num_classes=*/100, "class 0", 0.5071});
  // The folder into which torchvision downloads it.
  const std::string root = base::NewFolder("torchvision");
  std::filesystem::create_directory(root + "/cifar-10-batches-py");
  WritePickledCifar10(root + "/cifar-10-batches-py");
  base::WriteFile(root + "/cifar-10-python.tar.gz", "");
  const OpenedDataset set = OpenDataset(root, Split::kTest);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->size(), 3);
}

TEST(CifarDataset, BothVersionsHaveTheSameImages) {
  for (const bool ten : {true, false}) {
    const std::string name = ten ? "cifar10" : "cifar100";
    const std::string binary = base::NewFolder(name + "_both");
    const std::string pickled = base::NewFolder(name + "_both_py");
    ten ? WriteCifar10(binary) : WriteCifar100(binary);
    ten ? WritePickledCifar10(pickled) : WritePickledCifar100(pickled);
    for (const Split split : {Split::kTrain, Split::kTest}) {
      const auto a = OpenAs(name, binary, split, Named("a"));
      const auto b = OpenAs(name, pickled, split, Named("b"));
      ASSERT_TRUE(a.ok()) << a.status();
      ASSERT_TRUE(b.ok()) << b.status();
      ASSERT_EQ((*a)->size(), (*b)->size());
      for (int64_t i = 0; i < (*a)->size(); ++i) {
        EXPECT_EQ((*a)->Label(i), (*b)->Label(i));
        EXPECT_TRUE(at::equal(*(*a)->Image(i), *(*b)->Image(i)));
      }
    }
  }
}

TEST(CifarDataset, NamesComeFromThePickledFile) {
  const std::string folder = base::NewFolder("names_py");
  WritePickledCifar10(folder);
  std::vector<std::string> names;
  for (int i = 0; i < 10; ++i) names.push_back(absl::StrCat("a class ", i));
  base::WriteFile(folder + "/batches.meta",
                  PickledCifarNames("label_names", names));
  auto set = OpenAs("cifar10", folder, Split::kTest, Named("mine"));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->info().class_names, names);
  names.pop_back();
  base::WriteFile(folder + "/batches.meta",
                  PickledCifarNames("label_names", names));
  set = OpenAs("cifar10", folder, Split::kTest, Named("mine"));
  EXPECT_THAT(std::string(set.status().message()),
              StartsWith(folder + "/batches.meta: its \"label_names\" are not "
                                  "the names of 10 classes; "));
}

TEST(CifarDataset, CountsWhatIsNotRead) {
  const std::string folder = base::NewFolder("besides");
  WritePickledCifar10(folder);
  base::WriteFile(folder + "/batches.meta.txt", "");
  base::WriteFile(
      folder + "/batches.meta",
      PickledCifarNames("label_names", std::vector<std::string>(10, "a")));
  base::WriteFile(folder + "/readme.html", "");
  base::WriteFile(folder + "/data_batch_6", "");
  const auto text = [&](Split split) {
    const auto set = OpenAs("cifar10", folder, split, Named("mine"));
    EXPECT_TRUE(set.ok()) << set.status();
    return set.ok() ? (*set)->info().not_read.Text(folder) : "";
  };
  EXPECT_EQ(text(Split::kTrain),
            "1 .html, 1 file without an ending (data_batch_6)");
  EXPECT_EQ(text(Split::kTest), "");  // they are not counted twice
}

TEST(CifarDataset, ExecutesNothing) {
  const std::string folder = base::NewFolder("hostile_py");
  WritePickledCifar10(folder);
  const std::string proof = folder + "/executed";
  base::WriteFile(folder + "/test_batch",
                  absl::StrCat("\x80\x02", "cposix\nsystem\n",
                               PickledText("touch " + proof), "\x85R."));
  const auto set = OpenAs("cifar10", folder, Split::kTest, Named("mine"));
  EXPECT_THAT(std::string(set.status().message()),
              StartsWith(folder + "/test_batch: names posix.system, which no "
                                  "file of CIFAR does; nothing of it was run"));
  EXPECT_FALSE(std::filesystem::exists(proof));
}

// As the archive has it: CR LF and an empty line at the end.
TEST(CifarDataset, NamesMayHaveBlanksAndOtherEndsOfLines) {
  const std::string folder = base::NewFolder("crlf");
  WriteCifar10(folder);
  std::string names = "\xef\xbb\xbfpick-up truck\r\n";
  for (int i = 1; i < 10; ++i) names += absl::StrCat("class ", i, " \r\n");
  base::WriteFile(folder + "/batches.meta.txt", names + "\r\n");
  const auto set = OpenAs("cifar10", folder, Split::kTest, Named("mine"));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->info().class_names[0], "pick-up truck");
  EXPECT_EQ((*set)->info().class_names[9], "class 9");
}

TEST(CifarDataset, ReadsCifar10AcrossItsFiles) {
  const std::string folder = base::NewFolder("cifar10");
  WriteCifar10(folder);
  const auto train = OpenAs("cifar10", folder, Split::kTrain, Named("mine"));
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

  const auto test = OpenAs("cifar10", folder, Split::kTest, Named("mine"));
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
  const auto train = OpenAs("cifar100", folder, Split::kTrain, Named("mine"));
  ASSERT_TRUE(train.ok()) << train.status();
  ASSERT_EQ((*train)->size(), 40);
  EXPECT_EQ((*train)->Label(34), 2);
  ExpectImage(**train, 34, 34);
  EXPECT_EQ((*train)->info().num_classes, 100);
  EXPECT_EQ((*train)->info().class_names[99], "class 99");
  const auto test = OpenAs("cifar100", folder, Split::kTest, Named("mine"));
  ASSERT_TRUE(test.ok()) << test.status();
  ExpectImage(**test, 0, 40);
}

// The file's bytes, not a copy of them.
TEST(CifarDataset, ServesViews) {
  const std::string folder = base::NewFolder("views");
  WriteCifar100(folder);
  const auto set = OpenAs("cifar100", folder, Split::kTrain, Named("mine"));
  EXPECT_EQ((*set)->Image(1)->const_data_ptr<uint8_t>() -
                (*set)->Image(0)->const_data_ptr<uint8_t>(),
            3074);
}

TEST(CifarDataset, RefusesBadFiles) {
  const std::string folder = base::NewFolder("bad");
  WriteCifar10(folder);
  const auto refusal = [&](Split split) {
    const auto set = OpenAs("cifar10", folder, split, Named("mine"));
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
