#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/check_ranges.h"
#include "base/file_testing.h"
#include "base/spec_fields.h"
#include "data/decode/bmp_testing.h"
#include "data/sets/dataset_format_testing.h"
#include "data/sets/open_dataset.h"
namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// Returns the value at row y, column x, channel c of image i.
int Stl10Pixel(int i, int c, int y, int x) {
  return (17 * i + 50 * c + 3 * y + x) % 256;
}

// Returns images `first` to `first` + `count` - 1, column by column.
std::string Stl10Images(int first, int count) {
  std::string bytes;
  for (int i = first; i < first + count; ++i) {
    for (int c = 0; c < 3; ++c) {
      for (int x = 0; x < 96; ++x) {
        for (int y = 0; y < 96; ++y) {
          bytes.push_back(static_cast<char>(Stl10Pixel(i, c, y, x)));
        }
      }
    }
  }
  return bytes;
}

// Writes a set: images 0 to 3 are train (labels 0, 9, 2, 3), 4 and 5 test
// (labels 4, 5), 6 to 8 unlabelled; fold k has images 3 and k mod 3.
void WriteStl10(const std::string& folder) {
  base::WriteFile(folder + "/train_X.bin", Stl10Images(0, 4));
  base::WriteFile(folder + "/train_y.bin", "\x01\x0a\x03\x04");
  base::WriteFile(folder + "/test_X.bin", Stl10Images(4, 2));
  base::WriteFile(folder + "/test_y.bin", "\x05\x06");
  base::WriteFile(folder + "/unlabeled_X.bin", Stl10Images(6, 3));
  std::string folds;
  for (int k = 0; k < 10; ++k) folds += absl::StrCat("3 ", k % 3, " \n");
  base::WriteFile(folder + "/fold_indices.txt", folds);
}

DatasetInfo Known() {
  DatasetInfo info;
  info.name = "mine";
  for (const char c : std::string("abcdefghij")) {
    info.class_names.push_back(std::string(1, c));
  }
  return info;
}

// text: the fields of the spec.
absl::StatusOr<DataSpec> Spec(const std::string& text) {
  DataSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
  const absl::Status status = base::CheckRanges(spec);
  if (!status.ok()) return status;
  return spec;
}

std::shared_ptr<const Dataset> Open(const std::string& folder, Split split,
                                    const std::string& spec = "") {
  auto set = OpenAs("stl10", folder, split, Known(), *Spec(spec));
  EXPECT_TRUE(set.ok()) << set.status();
  return *set;
}

std::vector<int64_t> Labels(const Dataset& dataset) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    labels.push_back(dataset.Label(i));
  }
  return labels;
}

void ExpectImage(const Dataset& dataset, int64_t i, int image) {
  const absl::StatusOr<at::Tensor> pixels = dataset.Image(i);
  ASSERT_TRUE(pixels.ok()) << pixels.status();
  ASSERT_EQ(pixels->sizes(), (at::IntArrayRef{3, 96, 96}));
  for (const auto& [c, y, x] :
       {std::array<int, 3>{0, 0, 0}, {0, 0, 95}, {1, 95, 0}, {2, 40, 60}}) {
    EXPECT_EQ((*pixels)[c][y][x].item<int>(), Stl10Pixel(image, c, y, x));
  }
}

TEST(Stl10Dataset, ReadsEachSplit) {
  const std::string folder = base::NewFolder("splits");
  WriteStl10(folder);
  const auto train = Open(folder, Split::kTrain);
  EXPECT_THAT(Labels(*train), ElementsAre(0, 9, 2, 3));
  ExpectImage(*train, 3, 3);
  const auto test = Open(folder, Split::kTest);
  EXPECT_THAT(Labels(*test), ElementsAre(4, 5));
  ExpectImage(*test, 0, 4);
  const auto unlabeled = Open(folder, Split::kUnlabeled);
  EXPECT_THAT(Labels(*unlabeled), ElementsAre(-1, -1, -1));
  ExpectImage(*unlabeled, 2, 8);
  const auto both = Open(folder, Split::kTrainUnlabeled);
  EXPECT_THAT(Labels(*both), ElementsAre(0, 9, 2, 3, -1, -1, -1));
  ExpectImage(*both, 1, 1);
  ExpectImage(*both, 6, 8);

  EXPECT_EQ(SplitNames(train->info().splits),
            "train, test, unlabeled, train+unlabeled");
  EXPECT_EQ(train->info().num_classes, 10);
  EXPECT_EQ(train->info().class_names[9], "j");
  EXPECT_EQ(train->info().height, 96);
}

TEST(Stl10Dataset, KeepsOneFold) {
  const std::string folder = base::NewFolder("fold");
  WriteStl10(folder);
  const std::string fourth = "fold: 4";  // images 3 and 1
  const auto train = Open(folder, Split::kTrain, fourth);
  EXPECT_THAT(Labels(*train), ElementsAre(3, 9));
  ExpectImage(*train, 0, 3);
  EXPECT_THAT(Labels(*Open(folder, Split::kTrainUnlabeled, fourth)),
              ElementsAre(3, 9, -1, -1, -1));
  EXPECT_THAT(Labels(*Open(folder, Split::kTest, fourth)), ElementsAre(4, 5));
}

TEST(Stl10Dataset, RefusesBadFiles) {
  const std::string folder = base::NewFolder("bad");
  const auto refusal = [&](Split split, const std::string& spec) {
    const auto set = OpenAs("stl10", folder, split, Known(), *Spec(spec));
    EXPECT_FALSE(set.ok());
    return std::string(set.status().message());
  };
  EXPECT_THAT(refusal(Split::kTrain, ""),
              StartsWith(folder + "/train_X.bin: cannot open it"));
  WriteStl10(folder);
  base::WriteFile(folder + "/test_X.bin", Stl10Images(0, 1) + "x");
  EXPECT_THAT(refusal(Split::kTest, ""),
              StartsWith(folder + "/test_X.bin: has 27649 bytes, expected a "
                                  "multiple of 27648 (3x96x96 pixels)"));
  base::WriteFile(folder + "/unlabeled_X.bin", "");
  EXPECT_THAT(refusal(Split::kUnlabeled, ""),
              StartsWith(folder + "/unlabeled_X.bin: has 0 bytes"));
  base::WriteFile(folder + "/train_y.bin", "\x01\x02\x03");
  EXPECT_THAT(refusal(Split::kTrain, ""),
              StartsWith(folder + "/train_y.bin: holds 3 labels for the 4 "));
  base::WriteFile(folder + "/train_y.bin", "\x01\x02\x0b\x03");
  EXPECT_THAT(
      refusal(Split::kTrain, ""),
      StartsWith(folder + "/train_y.bin: label 2 is 11, expected 1 to 10"));

  WriteStl10(folder);
  const std::string folds = folder + "/fold_indices.txt";
  base::WriteFile(folds, "0 1\n0 4\n0\n0\n0\n0\n0\n0\n0\n0\n");
  EXPECT_THAT(refusal(Split::kTrain, "fold: 1"),
              StartsWith(folds + ":2: '4' is no image from 0 to 3"));
  base::WriteFile(folds, "0 1\n\n0\n0\n0\n0\n0\n0\n0\n0\n");
  EXPECT_THAT(refusal(Split::kTrain, "fold: 1"),
              StartsWith(folds + ":2: names no image"));
  base::WriteFile(folds, "0 1\n1 2\n");
  EXPECT_THAT(refusal(Split::kTrain, "fold: 1"),
              StartsWith(folds + ": has 2 lines, expected 10"));
  std::filesystem::remove(folds);
  EXPECT_THAT(refusal(Split::kTrain, "fold: 1"),
              StartsWith(folds + ": cannot open it"));
}

TEST(Stl10Dataset, IsRecognised) {
  const std::string folder = base::NewFolder("recognised");
  WriteStl10(folder);
  ExpectOpens(folder, {/*size=*/4, /*num_classes=*/10, "airplane", 0.4467});
}

TEST(Stl10Dataset, GoesByTheSpec) {
  const std::string folder = base::NewFolder("spec");
  WriteStl10(folder);
  DataSpec spec = *Spec(
      "split: 'train+unlabeled' fold: 1 mean: [0.1, 0.2, 0.3] "
      "std: [0.6, 0.7, 0.8]");
  spec.set_dataset(folder);
  const auto both = OpenDataset(spec);
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ((*both)->size(), 5);  // two of the fold, three without label
  EXPECT_EQ((*both)->info().mean, (std::vector<double>{0.1, 0.2, 0.3}));
  EXPECT_EQ((*both)->info().std, (std::vector<double>{0.6, 0.7, 0.8}));
  EXPECT_EQ((*OpenDataset(spec, Split::kTest))->size(), 2);
}

TEST(Stl10Dataset, RefusesAFoldThatThereIsNot) {
  EXPECT_TRUE(Spec("fold: 0").ok());
  EXPECT_TRUE(Spec("fold: 9").ok());
  EXPECT_EQ(Spec("fold: 10").status().message(),
            "fold: 10 is not in [0, 9]; STL-10 has ten");
  EXPECT_EQ(Spec("fold: -1").status().message(),
            "fold: -1 is not in [0, 9]; STL-10 has ten");

  const std::string folder = base::NewFolder("other_format");
  base::WriteFile(folder + "/a.png", BmpBytes(2, 2, 1, 2, 3));
  DataSpec spec = *Spec("fold: 3");
  spec.set_dataset(folder);
  EXPECT_EQ(OpenDataset(spec).status().message(),
            "fold: 3 applies to STL-10 only, and " + folder +
                " holds folders of images; leave the field out");
}

}  // namespace
}  // namespace caldera::data
