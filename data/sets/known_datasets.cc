#include "data/sets/known_datasets.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace caldera::data {
namespace {

// Checksums: torchvision 0.26's datasets/{mnist,stl10,imagenet}.py; of CIFAR's
// binary version (torchvision reads the other) the authors' page,
// https://www.cs.toronto.edu/~kriz/cifar.html; of Tiny-ImageNet, which
// torchvision does not read, Avalanche's tiny_imagenet.py.
//
// Means and deviations cover all pixels of the training images, as
// //data/tools:stats computes them. MNIST's are those of pytorch/examples'
// mnist/main.py, ImageNet's those of torchvision's references, and the others
// are the four digits in common use. (Some code uses the mean of each image's
// own deviation instead, such as CIFAR-10's 0.2023.) solo-learn, on which
// MAGMA's authors build, normalises CIFAR-100 by CIFAR-10's mean and 0.247,
// 0.243, 0.261, and STL-10 by nearly the same mean: mean and std of a spec
// repeat that.

std::vector<KnownDataset> MakeKnownDatasets() {
  using Format = DatasetFormat;
  const std::vector<double> imagenet_mean = {0.485, 0.456, 0.406};
  const std::vector<double> imagenet_std = {0.229, 0.224, 0.225};
  const std::string imagenet_url = "https://image-net.org/data/ILSVRC/2012/";
  const std::vector<Archive> imagenet_archives = {
      {"ILSVRC2012_img_train.tar", 147897477120,
       "1d675b47d978889d74fa0da5fadfb00e"},
      {"ILSVRC2012_img_val.tar", 6744924160,
       "29b22e2961454d5413ddabcf34fc5622"}};

  std::vector<KnownDataset> sets;
  sets.push_back({"mnist",
                  Format::kIdx,
                  "https://ossci-datasets.s3.amazonaws.com/mnist/",
                  {{"train-images-idx3-ubyte.gz", 9912422,
                    "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
                   {"train-labels-idx1-ubyte.gz", 28881,
                    "d53e105ee54ea40749a09fcbcd1e9432"},
                   {"t10k-images-idx3-ubyte.gz", 1648877,
                    "9fb629c4189551a2d022fa330f9573f3"},
                   {"t10k-labels-idx1-ubyte.gz", 4542,
                    "ec29112dd5afa0611ce80d1b7f02629c"}},
                  "put them into $CALDERA_DATA/mnist",
                  {"mnist", "MNIST/raw"},
                  10,
                  {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                  {0.1307},
                  {0.3081}});
  sets.push_back({"fashion_mnist",
                  Format::kIdx,
                  "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                  {{"train-images-idx3-ubyte.gz", 26421880,
                    "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
                   {"train-labels-idx1-ubyte.gz", 29515,
                    "25c81989df183df01b3e8a0aad5dffbe"},
                   {"t10k-images-idx3-ubyte.gz", 4422102,
                    "bef4ecab320f06d8554ea6380940ec79"},
                   {"t10k-labels-idx1-ubyte.gz", 5148,
                    "bb300cfdad3c16e7a12a480ee83cd310"}},
                  "put them into $CALDERA_DATA/fashion_mnist",
                  {"fashion_mnist", "FashionMNIST/raw"},
                  10,
                  {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                   "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
                  {0.2860},
                  {0.3530}});
  sets.push_back({"cifar10",
                  Format::kCifar10,
                  "https://www.cs.toronto.edu/~kriz/",
                  {{"cifar-10-binary.tar.gz", 170052171,
                    "c32a1d4ab5d03f1284b67883e8d87530"}},
                  "unpack it in $CALDERA_DATA",
                  {"cifar-10-batches-bin", "cifar10"},
                  10,
                  {"airplane", "automobile", "bird", "cat", "deer", "dog",
                   "frog", "horse", "ship", "truck"},
                  {0.4914, 0.4822, 0.4465},
                  {0.2470, 0.2435, 0.2616}});
  sets.push_back({"cifar100",
                  Format::kCifar100,
                  "https://www.cs.toronto.edu/~kriz/",
                  {{"cifar-100-binary.tar.gz", 168513733,
                    "03b5dce01913d631647c71ecec9e9cb8"}},
                  "unpack it in $CALDERA_DATA",
                  {"cifar-100-binary", "cifar100"},
                  100,
                  {},
                  {0.5071, 0.4865, 0.4409},
                  {0.2673, 0.2564, 0.2762}});
  sets.push_back({"stl10",
                  Format::kStl10,
                  "http://ai.stanford.edu/~acoates/stl10/",
                  {{"stl10_binary.tar.gz", 2640397119,
                    "91f7769df0f17e558f3565bffb0c7dfb"}},
                  "unpack it in $CALDERA_DATA",
                  {"stl10_binary", "stl10"},
                  10,
                  {"airplane", "bird", "car", "cat", "deer", "dog", "horse",
                   "monkey", "ship", "truck"},
                  {0.4467, 0.4398, 0.4066},
                  {0.2603, 0.2566, 0.2713}});
  sets.push_back({"tiny_imagenet",
                  Format::kTinyImageNet,
                  "http://cs231n.stanford.edu/",
                  {{"tiny-imagenet-200.zip", 248100043,
                    "90528d7ca1a48142e341f4ef8d21d0de"}},
                  "unpack it in $CALDERA_DATA",
                  {"tiny-imagenet-200", "tiny_imagenet"},
                  200,
                  {},
                  {0.4802, 0.4481, 0.3975},
                  {0.2770, 0.2691, 0.2821}});
  sets.push_back({"imagenet",
                  Format::kImageFolder,
                  imagenet_url,
                  imagenet_archives,
                  "unpack them to $CALDERA_DATA/imagenet/train/WNID and "
                  "$CALDERA_DATA/imagenet/val/WNID (docs/datasets.md has the "
                  "commands)",
                  {"imagenet"},
                  1000,
                  {},
                  imagenet_mean,
                  imagenet_std});
  sets.push_back({"imagenet100",
                  Format::kImageFolder,
                  imagenet_url,
                  imagenet_archives,
                  "unpack them to $CALDERA_DATA/imagenet/train/WNID and "
                  "$CALDERA_DATA/imagenet/val/WNID, and name a file with the "
                  "100 classes in class_list",
                  {"imagenet100"},
                  100,
                  {},
                  imagenet_mean,
                  imagenet_std});
  return sets;
}

}  // namespace

const std::vector<KnownDataset>& KnownDatasets() {
  static const auto* const sets =
      new std::vector<KnownDataset>(MakeKnownDatasets());
  return *sets;
}

const KnownDataset* FindKnownDataset(absl::string_view name) {
  for (const KnownDataset& set : KnownDatasets()) {
    if (set.name == name) return &set;
  }
  return nullptr;
}

std::string DownloadHint(const KnownDataset& dataset) {
  return absl::StrCat(
      "get ",
      absl::StrJoin(dataset.archives, ", ",
                    [](std::string* out, const Archive& archive) {
                      absl::StrAppend(out, archive.file, " (", archive.bytes,
                                      " bytes, MD5 ", archive.md5, ")");
                    }),
      " from ", dataset.url, " and ", dataset.unpack);
}

}  // namespace caldera::data
