#include "data/sets/open_dataset.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "base/user_path.h"
#include "data/sets/cifar_dataset.h"
#include "data/sets/find_dataset.h"
#include "data/sets/idx_dataset.h"
#include "data/sets/image_folder_dataset.h"
#include "data/sets/stl10_dataset.h"
#include "data/sets/tar_dataset.h"
#include "data/sets/tiny_imagenet_dataset.h"

namespace caldera::data {
namespace {

// Returns what is known before any file is opened.
DatasetInfo InfoOf(const DataSpec& spec, const FoundDataset& found) {
  DatasetInfo info;
  info.name = spec.dataset();
  if (found.known != nullptr) {
    info.num_classes = found.known->num_classes;
    info.class_names = found.known->class_names;
    info.mean = found.known->mean;
    info.std = found.known->std;
  } else if (found.format == DatasetFormat::kImageFolder ||
             found.format == DatasetFormat::kTarShards) {
    const KnownDataset& imagenet = *FindKnownDataset("imagenet");
    info.mean = imagenet.mean;
    info.std = imagenet.std;
  }
  if (spec.mean_size() > 0) {
    info.mean.assign(spec.mean().begin(), spec.mean().end());
    info.std.assign(spec.std().begin(), spec.std().end());
  }
  return info;
}

absl::Status CheckOptions(const DataSpec& spec, const FoundDataset& found) {
  if (spec.has_fold() && found.format != DatasetFormat::kStl10) {
    return absl::InvalidArgumentError(absl::StrCat(
        "fold: ", spec.fold(), " applies to STL-10 only, and ", found.folder,
        " holds ", FormatName(found.format), "; leave the field out"));
  }
  if (spec.has_class_list() && found.format != DatasetFormat::kImageFolder) {
    return absl::InvalidArgumentError(absl::StrCat(
        "class_list: ", spec.class_list(), " chooses among class folders, and ",
        found.folder, " holds ", FormatName(found.format),
        "; leave the field out"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Dataset>> Open(const DataSpec& spec,
                                                    Split split,
                                                    const FoundDataset& found) {
  DatasetInfo info = InfoOf(spec, found);
  const DecodeOptions decode{spec.decode().apply_exif_orientation(),
                             spec.decode().max_pixels()};
  switch (found.format) {
    case DatasetFormat::kIdx:
      return OpenIdxDataset(found.folder, split, std::move(info));
    case DatasetFormat::kCifar10:
      return OpenCifar10(found.folder, split, std::move(info));
    case DatasetFormat::kCifar100:
      return OpenCifar100(found.folder, split, std::move(info));
    case DatasetFormat::kStl10: {
      Stl10Options options;
      if (spec.has_fold()) options.fold = spec.fold();
      return OpenStl10(found.folder, split, std::move(info), options);
    }
    case DatasetFormat::kTinyImageNet:
      return OpenTinyImageNet(found.folder, split, std::move(info), decode);
    case DatasetFormat::kTarShards: {
      TarOptions options;
      options.decode = decode;
      return OpenTarShards(found.folder, split, std::move(info), options);
    }
    case DatasetFormat::kImageFolder: {
      const ImageFolderOptions options{base::UserPath(spec.class_list()),
                                       decode};
      return OpenImageFolder(found.folder, split, std::move(info), options);
    }
  }
  return absl::InternalError("a format without a reader");
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const DataSpec& spec) {
  ASSIGN_OR_RETURN(const Split split,
                   base::About("split", ParseSplit(spec.split())));
  return OpenDataset(spec, split);
}

absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(const DataSpec& spec,
                                                           Split split) {
  ASSIGN_OR_RETURN(const FoundDataset found,
                   FindDataset(spec.dataset(), spec.has_class_list()));
  RETURN_IF_ERROR(CheckOptions(spec, found));
  ASSIGN_OR_RETURN(std::shared_ptr<const Dataset> dataset,
                   Open(spec, split, found));
  const DatasetInfo& info = dataset->info();
  if (info.mean.size() != info.channels) {
    return absl::InvalidArgumentError(absl::StrCat(
        "mean: has ", info.mean.size(), " values, and the images ", "of ",
        info.name, " have ", info.channels, " channels; give one a channel"));
  }
  return dataset;
}

absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const std::string& dataset, Split split) {
  DataSpec spec;
  spec.set_dataset(dataset);
  return OpenDataset(spec, split);
}

}  // namespace caldera::data
