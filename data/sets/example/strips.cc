// Strips: train.strip and test.strip, each a line "strip HEIGHT WIDTH" and then
// images one after another: a byte with the label, 0 to 9, and HEIGHT x WIDTH
// grey values.
#include <cstdio>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/bytes_tensor.h"
#include "data/sets/dataset_format.h"
#include "data/sets/in_memory_dataset.h"

namespace caldera::data {
namespace {

constexpr int64_t kMaxBytes = int64_t{4} << 30;

struct StripOptions {
  int64_t skip = 0;

  void List(base::OptionList& list) {
    list.Add("skip", &skip, "[0, 1000000]", "images to leave out at the front");
  }
};

OpenedDataset Open(const std::string& folder, Split split, DatasetInfo info,
                   const DataSpec& /*spec*/, const StripOptions& options) {
  info.splits = {Split::kTrain, Split::kTest};
  RETURN_IF_ERROR(CheckSplit(split, info.splits, info.name));
  const std::string path =
      absl::StrCat(folder, "/", SplitName(split), ".strip");
  ASSIGN_OR_RETURN(std::string bytes, base::ReadFile(path, kMaxBytes));
  int height = 0, width = 0, header = 0;
  std::sscanf(bytes.c_str(), "strip %4d %4d%n", &height, &width, &header);
  if (height < 1 || width < 1 || bytes[header] != '\n') {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": does not begin with \"strip HEIGHT WIDTH\" of 1 to 9999"));
  }
  bytes.erase(0, header + 1);
  const int64_t record = 1 + int64_t{height} * width;
  const int64_t count = bytes.size() / record;
  if (bytes.size() % record != 0 || count <= options.skip) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has ", bytes.size(), " bytes of images, ",
                     "expected a multiple of ", record, ", of more than ",
                     options.skip, " images; get the file again"));
  }
  const at::Tensor all =  // [N, 1 + H*W]
      BytesTensor(std::move(bytes), {count, record}).slice(0, options.skip);
  ImageBlock block;
  block.images = all.slice(1, 1).unflatten(1, {1, height, width});
  for (int64_t i = 0; i < all.size(0); ++i) {
    block.labels.push_back(all.const_data_ptr<uint8_t>()[i * record]);
    if (block.labels[i] < 10) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": label ", i + options.skip, " is ",
                     block.labels[i], ", expected 0 to 9; get the file again"));
  }
  if (info.num_classes == 0) {
    info.num_classes = 10;
    for (int i = 0; i < 10; ++i) info.class_names.push_back(absl::StrCat(i));
  }
  return MakeInMemoryDataset(std::move(info), {std::move(block)});
}

DatasetFormat Format() {
  DatasetFormat format;
  format.name = "strips";
  format.title = "strips of images";
  format.summary = "Grey images of one size, one after another in a file.";
  format.recognise = [](const std::string&, const FolderListing& listing) {
    return HasAny(listing.others, {"train.strip", "test.strip"});
  };
  format.known = {
      {"letters",
       /*rank=*/0,
       "https://example.org/letters/",
       {{"letters.tar.gz", 1000, "900150983cd24fb0d6963f7d28e17f72"}},
       "unpack it in $CALDERA_DATA",
       /*folders=*/{"letters-strips", "letters"},
       /*num_classes=*/10,
       {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J"},
       /*mean=*/{0.25},
       /*std=*/{0.5}}};
  return format;
}

const bool kRegistered = RegisterDatasetFormat<StripOptions>(Format(), Open);

}  // namespace
}  // namespace caldera::data
