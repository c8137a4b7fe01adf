#include "data/open_dataset.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "data/idx_dataset.h"
#include "data/nearest_name.h"
#include "data/runfile_folder.h"
#include "data/user_path.h"

namespace caldera::data {
namespace {

bool IsFolder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

// A folder of the user's, else the package in Bazel's runfiles.
absl::StatusOr<std::string> FindFashionMnist() {
  if (const char* root = std::getenv("CALDERA_DATA"); root != nullptr) {
    const std::string folder = absl::StrCat(root, "/fashion_mnist");
    if (IsFolder(folder)) return folder;
  }
  const std::string folder =
      RunfileFolder("fashion_mnist/usr/share/datasets/fashion-mnist",
                    "external/fashion_mnist/usr/share/datasets/fashion-mnist");
  if (!folder.empty()) return folder;
  return absl::NotFoundError(
      absl::StrCat("fashion_mnist: its files are not beside the binary; start "
                   "it through bazel run, or put the four IDX files into "
                   "$CALDERA_DATA/fashion_mnist"));
}

absl::StatusOr<std::shared_ptr<const Dataset>> OpenFashionMnist(Split split) {
  const absl::StatusOr<std::string> folder = FindFashionMnist();
  if (!folder.ok()) return folder.status();
  DatasetInfo info;
  info.name = "fashion_mnist";
  info.num_classes = 10;
  info.class_names = {"T-shirt/top", "Trouser",   "Pullover", "Dress",
                      "Coat",        "Sandal",    "Shirt",    "Sneaker",
                      "Bag",         "Ankle boot"};
  info.mean = {0.2860};
  info.std = {0.3530};
  return OpenIdxDataset(*folder, split, std::move(info));
}

struct NamedDataset {
  absl::string_view name;
  absl::StatusOr<std::shared_ptr<const Dataset>> (*open)(Split);
};
constexpr NamedDataset kNamed[] = {{"fashion_mnist", OpenFashionMnist}};

absl::Status Unknown(const std::string& dataset) {
  std::vector<std::string> names;
  for (const NamedDataset& named : kNamed) names.emplace_back(named.name);
  return absl::NotFoundError(absl::StrCat(
      dataset, ": neither a folder nor a known data set; did you mean ",
      NearestName(dataset, names), "? Known: ", absl::StrJoin(names, ", ")));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const std::string& dataset, Split split) {
  for (const NamedDataset& named : kNamed) {
    if (dataset == named.name) return named.open(split);
  }
  const std::string folder = UserPath(dataset);
  if (IsFolder(folder)) return OpenIdxDataset(folder, split);
  return Unknown(dataset);
}

}  // namespace caldera::data
