#include "data/sets/stl10_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_testing.h"
#include "data/formats/stl10_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

DatasetInfo Known() {
  DatasetInfo info;
  info.name = "mine";
  for (const char c : std::string("abcdefghij")) {
    info.class_names.push_back(std::string(1, c));
  }
  return info;
}

std::shared_ptr<const Dataset> Open(const std::string& folder, Split split,
                                    const Stl10Options& options = {}) {
  auto set = OpenStl10(folder, split, Known(), options);
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
  Stl10Options options;
  options.fold = 4;  // images 3 and 1
  const auto train = Open(folder, Split::kTrain, options);
  EXPECT_THAT(Labels(*train), ElementsAre(3, 9));
  ExpectImage(*train, 0, 3);
  EXPECT_THAT(Labels(*Open(folder, Split::kTrainUnlabeled, options)),
              ElementsAre(3, 9, -1, -1, -1));
  EXPECT_THAT(Labels(*Open(folder, Split::kTest, options)), ElementsAre(4, 5));
}

TEST(Stl10Dataset, RefusesBadFiles) {
  const std::string folder = base::NewFolder("bad");
  const auto refusal = [&](Split split, const Stl10Options& options) {
    const auto set = OpenStl10(folder, split, Known(), options);
    EXPECT_FALSE(set.ok());
    return std::string(set.status().message());
  };
  EXPECT_THAT(refusal(Split::kTrain, {}),
              StartsWith(folder + "/train_X.bin: cannot open it"));
  WriteStl10(folder);
  base::WriteFile(folder + "/test_X.bin", Stl10Images(0, 1) + "x");
  EXPECT_THAT(refusal(Split::kTest, {}),
              StartsWith(folder + "/test_X.bin: has 27649 bytes, expected a "
                                  "multiple of 27648 (3x96x96 pixels)"));
  base::WriteFile(folder + "/unlabeled_X.bin", "");
  EXPECT_THAT(refusal(Split::kUnlabeled, {}),
              StartsWith(folder + "/unlabeled_X.bin: has 0 bytes"));
  base::WriteFile(folder + "/train_y.bin", "\x01\x02\x03");
  EXPECT_THAT(refusal(Split::kTrain, {}),
              StartsWith(folder + "/train_y.bin: holds 3 labels for the 4 "));
  base::WriteFile(folder + "/train_y.bin", "\x01\x02\x0b\x03");
  EXPECT_THAT(
      refusal(Split::kTrain, {}),
      StartsWith(folder + "/train_y.bin: label 2 is 11, expected 1 to 10"));

  WriteStl10(folder);
  Stl10Options options;
  options.fold = 1;
  const std::string folds = folder + "/fold_indices.txt";
  base::WriteFile(folds, "0 1\n0 4\n0\n0\n0\n0\n0\n0\n0\n0\n");
  EXPECT_THAT(refusal(Split::kTrain, options),
              StartsWith(folds + ":2: '4' is no image from 0 to 3"));
  base::WriteFile(folds, "0 1\n\n0\n0\n0\n0\n0\n0\n0\n0\n");
  EXPECT_THAT(refusal(Split::kTrain, options),
              StartsWith(folds + ":2: names no image"));
  base::WriteFile(folds, "0 1\n1 2\n");
  EXPECT_THAT(refusal(Split::kTrain, options),
              StartsWith(folds + ": has 2 lines, expected 10"));
  std::filesystem::remove(folds);
  EXPECT_THAT(refusal(Split::kTrain, options),
              StartsWith(folds + ": cannot open it"));
}

}  // namespace
}  // namespace caldera::data
