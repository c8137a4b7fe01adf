#include "data/sets/known_datasets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace caldera::data {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(KnownDatasets, AreComplete) {
  std::set<std::string> names;
  for (const KnownDataset& set : KnownDatasets()) {
    SCOPED_TRACE(set.name);
    EXPECT_TRUE(names.insert(set.name).second);
    EXPECT_EQ(FindKnownDataset(set.name), &set);
    EXPECT_EQ(set.url.back(), '/');
    EXPECT_FALSE(set.archives.empty());
    for (const Archive& archive : set.archives) {
      EXPECT_THAT(archive.md5, MatchesRegex("[0-9a-f]+"));
      EXPECT_EQ(archive.md5.size(), 32);
      EXPECT_GT(archive.bytes, 0);
    }
    EXPECT_FALSE(set.folders.empty());
    EXPECT_EQ(set.mean.size(), set.std.size());
    EXPECT_FALSE(set.mean.empty());
    ASSERT_NE(set.format, nullptr);
    if (!set.subset_of.empty()) {
      EXPECT_NE(FindKnownDataset(set.subset_of), nullptr);
    }
    if (!set.class_names.empty()) {
      EXPECT_EQ(set.class_names.size(), set.num_classes);
    }
  }
  EXPECT_EQ(FindKnownDataset("cifar"), nullptr);
}

std::string Text(const KnownDataset& set) {
  const auto archive = [](std::string* out, const Archive& one) {
    absl::StrAppend(out, one.file, " ", one.bytes, " ", one.md5);
  };
  return absl::StrCat(
      set.name, " | ", set.format->title, " | ", set.url, " | ",
      absl::StrJoin(set.archives, ", ", archive), " | ", set.unpack, " | ",
      absl::StrJoin(set.folders, ", "), " | ", set.num_classes, " | ",
      absl::StrJoin(set.class_names, ", "), " | ",
      absl::StrJoin(set.mean, ", "), " | ", absl::StrJoin(set.std, ", "));
}

// The sets that there were before formats registered theirs.
TEST(KnownDatasets, KeepTheirFields) {
  const std::string imagenet =
      "folders of images | https://image-net.org/data/ILSVRC/2012/ | "
      "ILSVRC2012_img_train.tar 147897477120 1d675b47d978889d74fa0da5fadfb00e, "
      "ILSVRC2012_img_val.tar 6744924160 29b22e2961454d5413ddabcf34fc5622 | "
      "unpack them to $CALDERA_DATA/imagenet/train/WNID and "
      "$CALDERA_DATA/imagenet/val/WNID";
  const std::string imagenet_stats =
      "0.485, 0.456, 0.406 | 0.229, 0.224, 0.225";
  const std::string expected[] = {
      "mnist | IDX files | https://ossci-datasets.s3.amazonaws.com/mnist/ | "
      "train-images-idx3-ubyte.gz 9912422 f68b3c2dcbeaaa9fbdd348bbdeb94873, "
      "train-labels-idx1-ubyte.gz 28881 d53e105ee54ea40749a09fcbcd1e9432, "
      "t10k-images-idx3-ubyte.gz 1648877 9fb629c4189551a2d022fa330f9573f3, "
      "t10k-labels-idx1-ubyte.gz 4542 ec29112dd5afa0611ce80d1b7f02629c | "
      "put them into $CALDERA_DATA/mnist | mnist, MNIST/raw | 10 | "
      "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 | 0.1307 | 0.3081",
      "fashion_mnist | IDX files | "
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/ | "
      "train-images-idx3-ubyte.gz 26421880 8d4fb7e6c68d591d4c3dfef9ec88bf0d, "
      "train-labels-idx1-ubyte.gz 29515 25c81989df183df01b3e8a0aad5dffbe, "
      "t10k-images-idx3-ubyte.gz 4422102 bef4ecab320f06d8554ea6380940ec79, "
      "t10k-labels-idx1-ubyte.gz 5148 bb300cfdad3c16e7a12a480ee83cd310 | "
      "put them into $CALDERA_DATA/fashion_mnist | "
      "fashion_mnist, FashionMNIST/raw | 10 | T-shirt/top, Trouser, Pullover, "
      "Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot | 0.286 | 0.353",
      "cifar10 | CIFAR-10's binary or python version | "
      "https://www.cs.toronto.edu/~kriz/ | cifar-10-binary.tar.gz 170052171 "
      "c32a1d4ab5d03f1284b67883e8d87530 | "
      "unpack it in $CALDERA_DATA | cifar-10-batches-bin, cifar-10-batches-py, "
      "cifar10 | 10 | "
      "airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck | "
      "0.4914, 0.4822, 0.4465 | 0.247, 0.2435, 0.2616",
      "cifar100 | CIFAR-100's binary or python version | "
      "https://www.cs.toronto.edu/~kriz/ | "
      "cifar-100-binary.tar.gz 168513733 03b5dce01913d631647c71ecec9e9cb8 | "
      "unpack it in $CALDERA_DATA | cifar-100-binary, cifar-100-python, "
      "cifar100 | 100 |  | "
      "0.5071, 0.4865, 0.4409 | 0.2673, 0.2564, 0.2762",
      "stl10 | STL-10's binary version | "
      "http://ai.stanford.edu/~acoates/stl10/ "
      "| stl10_binary.tar.gz 2640397119 91f7769df0f17e558f3565bffb0c7dfb | "
      "unpack it in $CALDERA_DATA | stl10_binary, stl10 | 10 | airplane, bird, "
      "car, cat, deer, dog, horse, monkey, ship, truck | "
      "0.4467, 0.4398, 0.4066 | 0.2603, 0.2566, 0.2713",
      "tiny_imagenet | Tiny-ImageNet-200 | http://cs231n.stanford.edu/ | "
      "tiny-imagenet-200.zip 248100043 90528d7ca1a48142e341f4ef8d21d0de | "
      "unpack it in $CALDERA_DATA | tiny-imagenet-200, tiny_imagenet | 200 |  "
      "| "
      "0.4802, 0.4481, 0.3975 | 0.277, 0.2691, 0.2821",
      absl::StrCat("imagenet | ", imagenet,
                   " (docs/datasets.md has the commands) | imagenet | 1000 |  "
                   "| ",
                   imagenet_stats),
      absl::StrCat("imagenet100 | ", imagenet,
                   ", and name a file with the 100 classes in class_list | "
                   "imagenet100 | 100 |  | ",
                   imagenet_stats)};
  const std::vector<KnownDataset>& sets = KnownDatasets();
  ASSERT_GE(sets.size(), std::size(expected));
  for (int i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(Text(sets[i]), expected[i]);
  }
}

TEST(KnownDatasets, HintsAtTheDownload) {
  EXPECT_EQ(DownloadHint(*FindKnownDataset("cifar10")),
            "get cifar-10-binary.tar.gz (170052171 bytes, MD5 "
            "c32a1d4ab5d03f1284b67883e8d87530) from "
            "https://www.cs.toronto.edu/~kriz/ and unpack it in $CALDERA_DATA");
}

TEST(KnownDatasets, AreThoseOfTheDocument) {
  std::ifstream file("docs/datasets.md");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(text.empty());
  const auto number = [](std::string* out, double value) {
    absl::StrAppend(out, absl::StrFormat("%.4g", value));
  };
  size_t place = 0;
  for (const KnownDataset& set : KnownDatasets()) {
    if (set.rank == 0) continue;  // by its own choice
    const size_t row = text.find(absl::StrCat("\n| `", set.name, "` |"));
    ASSERT_NE(row, std::string::npos) << set.name;
    EXPECT_GT(row, place) << set.name << " has another place in the document";
    place = row;
    EXPECT_THAT(text, HasSubstr(absl::StrCat(
                          "| `", set.name, "` | ", set.num_classes, " | ",
                          absl::StrJoin(set.mean, ", ", number), " | ",
                          absl::StrJoin(set.std, ", ", number), " | `",
                          absl::StrJoin(set.folders, "`, `"), "` |")));
    EXPECT_THAT(text, HasSubstr(set.url));
    for (const Archive& archive : set.archives) {
      EXPECT_THAT(
          text, HasSubstr(absl::StrCat("| ", archive.file, " | ", archive.bytes,
                                       " | ", archive.md5, " |")));
    }
  }
}

}  // namespace
}  // namespace caldera::data
