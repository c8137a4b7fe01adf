// Opens tar shards in WebDataset's naming (tar_samples.h), for sets that are
// read in sequence because they are on a slow or remote disk: root/*.tar, or
// root/train/*.tar and root/val/*.tar (split_folders.h).
//
// The first opening reads the headers and .cls files of all shards of the
// split, several shards at a time, and keeps an index beside them
// (index_shards.h); 24 bytes per image stay in memory. After that, an image is
// one read at a known offset, so that any order gives the same images;
// ShardedEpochOrder draws an order that reads each file from its beginning to
// its end.
//
// The classes are the lines of root/classes.txt, if it exists. Otherwise they
// are numbers from 0 to the highest in the split: train and test may then
// differ.
#include <glog/logging.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/formats/index_shards.h"
#include "data/formats/list_folder.h"
#include "data/formats/shard_file.h"
#include "data/formats/split_folders.h"
#include "data/formats/tar_index.h"
#include "data/formats/tar_samples.h"
#include "data/sets/dataset_format.h"
#include "data/sets/encoded_images.h"

namespace caldera::data {
namespace {

constexpr size_t kMaxOpenFiles = 32;
constexpr int kIndexThreads = 8;

class TarDataset : public Dataset {
 public:
  TarDataset(DatasetInfo info, std::string folder,
             std::vector<IndexedShard> shards, const DecodeOptions& options)
      : info_(std::move(info)),
        folder_(std::move(folder)),
        shards_(std::move(shards)),
        options_(options) {
    int64_t size = 0;
    for (const IndexedShard& shard : shards_) {
      size += shard.samples.size();
      ends_.push_back(size);
    }
  }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return ends_.back(); }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    return WholeImage(Open(i));
  }

  absl::StatusOr<std::unique_ptr<ImageSource>> Open(int64_t i) const override {
    const auto [shard, sample] = SampleOf(i);
    ASSIGN_OR_RETURN(const std::shared_ptr<const ShardFile> file,
                     FileOf(shard));
    ASSIGN_OR_RETURN(std::string bytes,
                     file->Read(sample->offset, sample->size));
    return OpenNamedImage(
        std::move(bytes), options_,
        absl::StrCat(file->path(), ", image at byte ", sample->offset));
  }

  int64_t Label(int64_t i) const override { return SampleOf(i).second->label; }

  std::vector<int64_t> shards() const override {
    std::vector<int64_t> sizes;
    for (const IndexedShard& shard : shards_)
      sizes.push_back(shard.samples.size());
    return sizes;
  }

 private:
  std::pair<size_t, const TarSample*> SampleOf(int64_t i) const {
    CHECK(i >= 0 && i < size()) << i;
    const size_t shard =
        std::upper_bound(ends_.begin(), ends_.end(), i) - ends_.begin();
    const int64_t begin = shard == 0 ? 0 : ends_[shard - 1];
    return {shard, &shards_[shard].samples[i - begin]};
  }

  // Opens a shard, or finds it among those used last: an order by shards
  // returns to the same few.
  absl::StatusOr<std::shared_ptr<const ShardFile>> FileOf(size_t shard) const {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found =
        std::find_if(open_.begin(), open_.end(),
                     [&](const auto& entry) { return entry.first == shard; });
    if (found != open_.end()) {
      std::rotate(open_.begin(), found, found + 1);
      return open_.front().second;
    }
    ASSIGN_OR_RETURN(
        std::shared_ptr<const ShardFile> file,
        ShardFile::Open(absl::StrCat(folder_, "/", shards_[shard].name)));
    if (open_.size() == kMaxOpenFiles) open_.pop_back();
    open_.emplace(open_.begin(), shard, file);
    return file;
  }

  const DatasetInfo info_;
  const std::string folder_;
  const std::vector<IndexedShard> shards_;
  const DecodeOptions options_;
  std::vector<int64_t> ends_;  // number of images up to each shard's end

  mutable std::mutex mutex_;
  // The most recently used shard comes first; guarded by mutex_.
  mutable std::vector<std::pair<size_t, std::shared_ptr<const ShardFile>>>
      open_;
};

// Fills in num_classes and class_names.
absl::Status FindClasses(const std::string& root,
                         const std::vector<IndexedShard>& shards,
                         DatasetInfo& info) {
  const absl::StatusOr<std::vector<std::string>> names =
      base::ReadLines(absl::StrCat(root, "/classes.txt"));
  if (!names.ok() && !absl::IsNotFound(names.status())) return names.status();
  if (names.ok()) info.class_names = *names;
  if (!info.class_names.empty()) info.num_classes = info.class_names.size();
  const bool known = info.num_classes > 0;
  for (const IndexedShard& shard : shards) {
    for (const TarSample& sample : shard.samples) {
      if (sample.label < info.num_classes) continue;
      if (known) {
        return absl::InvalidArgumentError(absl::StrCat(
            root, ": in ", shard.name, " the image at byte ", sample.offset,
            " has class ", sample.label, ", expected 0 to ",
            info.num_classes - 1, names.ok() ? " (lines of classes.txt)" : "",
            "; pack it again with the right class"));
      }
      info.num_classes = sample.label + 1;
    }
  }
  while (info.class_names.size() < info.num_classes) {
    info.class_names.push_back(absl::StrCat(info.class_names.size()));
  }
  return absl::OkStatus();
}

// Returns the names of the shards in a folder.
std::vector<std::string> ShardsOf(const FolderListing& listing) {
  std::vector<std::string> names;
  for (const std::string& name : listing.others) {
    if (absl::EndsWith(name, ".tar")) names.push_back(name);
  }
  return names;
}

// Returns true if the folder of a split holds tar shards and nothing else that
// matters.
absl::StatusOr<bool> Recognise(const std::string& folder,
                               const FolderListing& /*listing*/) {
  ASSIGN_OR_RETURN(const SplitFolders folders, FindSplitFolders(folder));
  ASSIGN_OR_RETURN(
      const FolderListing listing,
      ListFolder(folders.train.empty() ? folders.test : folders.train));
  return !ShardsOf(listing).empty() && listing.folders.empty() &&
         listing.images.empty();
}

OpenedDataset Open(const std::string& root, Split split, DatasetInfo info,
                   const DataSpec& spec) {
  ASSIGN_OR_RETURN(const SplitFolders folders, FindSplitFolders(root));
  RETURN_IF_ERROR(CheckSplit(split, folders.splits, info.name));
  const std::string& folder = folders.of(split);
  ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(folder));
  const std::vector<std::string> names = ShardsOf(listing);
  if (names.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": holds no .tar file; put the split's shards there"));
  }
  ASSIGN_OR_RETURN(std::vector<IndexedShard> shards,
                   IndexShards(folder, names, kIndexThreads));
  RETURN_IF_ERROR(FindClasses(root, shards, info));
  info.splits = folders.splits;
  info.SetSize(3, 0, 0);
  return std::make_shared<const TarDataset>(
      std::move(info), folder, std::move(shards), DecodeOptionsOf(spec));
}

DatasetFormat Format() {
  DatasetFormat format;
  format.name = "tar_shards";
  format.title = "tar shards";
  format.summary = "Tar files of images in WebDataset's naming.";
  format.rank = 70;
  format.encoded = true;
  format.recognise = Recognise;
  format.open = Open;
  return format;
}

const bool kRegistered = RegisterDatasetFormat(Format());

}  // namespace
}  // namespace caldera::data
