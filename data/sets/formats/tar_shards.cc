// Opens tar shards in WebDataset's naming (tar_samples.h), for sets that are
// read in sequence because they are on a slow or remote disk: root/*.tar, or
// root/train/*.tar and root/val/*.tar, or root/train-*.tar and root/val-*.tar
// (find_shards.h).
//
// The first opening reads the headers and .cls files of all shards, several
// shards at a time, and keeps an index beside them (index_shards.h); 24 bytes
// per image stay in memory. After that, an image is one read at a known offset,
// so that any order gives the same images; ShardedEpochOrder draws an order
// that reads each file from its beginning to its end.
//
// The classes are the lines of root/classes.txt, if it exists. Otherwise they
// are the numbers from 0 to the highest in any split, or the names in the .cls
// files of all splits (shard_classes.h).
//
// A shard without files has no samples. What a shard lacks because it is cut
// off, damaged or has an empty image is an error; if bad images are skipped
// (data.loader.on_bad_image), the other samples are read.
#include <glog/logging.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/join_words.h"
#include "base/status.h"
#include "data/decode/image_format.h"
#include "data/formats/tar/find_shards.h"
#include "data/formats/tar/index_shards.h"
#include "data/formats/tar/sample_names.h"
#include "data/formats/tar/shard_classes.h"
#include "data/formats/tar/shard_file.h"
#include "data/formats/tar/tar_samples.h"
#include "data/sets/dataset_format.h"
#include "data/sets/encoded_images.h"

namespace caldera::data {
namespace {

constexpr size_t kMaxOpenFiles = 32;
constexpr int kIndexThreads = 8;

// A shard that has samples.
struct Shard {
  std::string name;  // relative to the folder
  std::vector<TarSample> samples;
};

class TarDataset : public Dataset {
 public:
  TarDataset(DatasetInfo info, std::string folder, std::vector<Shard> shards,
             const DecodeOptions& options)
      : info_(std::move(info)),
        folder_(std::move(folder)),
        shards_(std::move(shards)),
        options_(options) {
    int64_t size = 0;
    for (const Shard& shard : shards_) {
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

  absl::StatusOr<ImageName> Name(int64_t i) const override {
    const auto [shard, sample] = SampleOf(i);
    const size_t number = sample - shards_[shard].samples.data();
    std::lock_guard<std::mutex> lock(names_mutex_);
    if (named_shard_ != shard || names_.empty()) {
      ASSIGN_OR_RETURN(const std::shared_ptr<const ShardFile> file,
                       FileOf(shard));
      ASSIGN_OR_RETURN(names_, SampleNames(*file, shards_[shard].samples));
      named_shard_ = shard;
    }
    return ImageName{PathBelow(info_.folder,
                               absl::StrCat(folder_, "/", shards_[shard].name)),
                     names_[number]};
  }

  std::vector<int64_t> shards() const override {
    std::vector<int64_t> sizes;
    for (const Shard& shard : shards_) sizes.push_back(shard.samples.size());
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
  const std::vector<Shard> shards_;
  const DecodeOptions options_;
  std::vector<int64_t> ends_;  // number of images up to each shard's end

  // The names in the shard that was asked for last; guarded by names_mutex_.
  mutable std::mutex names_mutex_;
  mutable size_t named_shard_ = 0;
  mutable std::vector<std::string> names_;

  mutable std::mutex mutex_;
  // The most recently used shard comes first; guarded by mutex_.
  mutable std::vector<std::pair<size_t, std::shared_ptr<const ShardFile>>>
      open_;
};

// Returns the error of a shard that cannot be read or, unless bad images are
// skipped, lacks samples; otherwise warns of the first that lacks some.
absl::Status CheckWhole(const std::string& folder,
                        const std::vector<ReadShard>& shards, bool skip) {
  std::string first;
  int64_t damaged = 0;
  for (const ReadShard& shard : shards) {
    RETURN_IF_ERROR(shard.status);
    const std::string& damage = shard.contents.damage;
    if (damage.empty()) continue;
    const std::string what =
        absl::StrCat(folder, "/", shard.name, ": ", damage);
    if (!skip) {
      return absl::DataLossError(
          absl::StrCat(what,
                       ", or set data.loader.on_bad_image to SKIP to read "
                       "the shard's other ",
                       shard.contents.samples.size(), " images"));
    }
    if (++damaged == 1) first = what;
  }
  if (damaged > 0) {
    LOG(WARNING) << damaged << " of " << shards.size()
                 << " tar shards lack images that should be there: " << first;
  }
  return absl::OkStatus();
}

// Adds what is not read of the shards, with paths "folder/0.tar: member".
void AddNotRead(const std::string& folder, const std::vector<ReadShard>& shards,
                NotRead& not_read) {
  for (const ReadShard& shard : shards) {
    const std::string path = absl::StrCat(folder, "/", shard.name);
    for (auto [name, kind] : shard.contents.not_read.kinds()) {
      for (std::string& member : kind.paths) {
        member = member.empty() ? path : absl::StrCat(path, ": ", member);
      }
      not_read.Add(name, kind);
    }
  }
}

// Fills in num_classes and class_names, and numbers the labels of `shards`,
// which are those of `own`.
absl::Status FindClasses(const std::string& root,
                         const std::vector<ShardSplit>& splits,
                         const ShardSplit& own, std::vector<ReadShard>& shards,
                         DatasetInfo& info) {
  ASSIGN_OR_RETURN(const std::vector<std::string> listed, ListedClasses(root));
  // Those of another split that cannot be read are left out: only who opens
  // that split needs them.
  std::vector<std::vector<ReadShard>> others;
  for (const ShardSplit& split : splits) {
    if (split.split == own.split || !listed.empty()) continue;
    others.push_back(IndexShards(split.folder, split.names, kIndexThreads));
  }
  ASSIGN_OR_RETURN(
      info.class_names,
      NumberClasses(root, listed, info.num_classes, others, shards));
  info.num_classes = info.class_names.size();
  return absl::OkStatus();
}

absl::Status NoImages(const ShardSplit& split, const NotRead& not_read) {
  if (split.names.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        split.folder, ": holds no .tar file; put the split's shards there"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(split.folder, ": has no images in its ", split.names.size(),
                   split.names.size() == 1 ? " tar shard (not read: "
                                           : " tar shards (not read: ",
                   not_read.Text(split.folder), "), expected KEY",
                   base::JoinWords(ImageEndings(), "or"), " and KEY.cls"));
}

OpenedDataset Open(const std::string& root, Split split, DatasetInfo info,
                   const DataSpec& spec) {
  ASSIGN_OR_RETURN(const ShardSplits found, FindShards(root));
  const std::vector<ShardSplit>& splits = found.splits;
  info.splits.clear();
  for (const ShardSplit& one : splits) info.splits.push_back(one.split);
  RETURN_IF_ERROR(CheckSplit(split, info.splits, info.name));
  const ShardSplit& own =
      *std::find_if(splits.begin(), splits.end(),
                    [&](const ShardSplit& one) { return one.split == split; });
  RETURN_IF_ERROR(own.status);
  std::vector<ReadShard> shards =
      IndexShards(own.folder, own.names, kIndexThreads);
  const bool skip = spec.loader().on_bad_image() == LoaderSpec::SKIP;
  RETURN_IF_ERROR(CheckWhole(own.folder, shards, skip));
  info.not_read = own.not_read;
  AddNotRead(own.folder, shards, info.not_read);
  RETURN_IF_ERROR(FindClasses(found.root, splits, own, shards, info));
  std::vector<Shard> with_samples;
  for (ReadShard& shard : shards) {
    if (shard.contents.samples.empty()) continue;
    with_samples.push_back(
        {std::move(shard.name), std::move(shard.contents.samples)});
  }
  if (with_samples.empty()) return NoImages(own, info.not_read);
  info.SetSize(3, 0, 0);
  return std::make_shared<const TarDataset>(std::move(info), own.folder,
                                            std::move(with_samples),
                                            DecodeOptionsOf(spec));
}

DatasetFormat Format() {
  DatasetFormat format;
  format.name = "tar_shards";
  format.title = "tar shards";
  format.summary = "Tar files of images in WebDataset's naming.";
  format.rank = 70;
  format.encoded = true;
  format.recognise = [](const std::string& folder, const FolderListing&) {
    return HoldsShards(folder);
  };
  format.open = Open;
  return format;
}

const bool kRegistered = RegisterDatasetFormat(Format());

}  // namespace
}  // namespace caldera::data
