#include "data/formats/tar/find_shards.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/formats/find_images.h"
#include "data/formats/folder_names.h"
#include "data/formats/list_folder.h"
#include "data/formats/split_folders.h"

namespace caldera::data {
namespace {

// Folders that are listed to tell shards from images: a set of images has some
// in its first folder.
constexpr int kMostLooked = 100;

bool IsShard(const std::string& name) {
  return absl::EndsWithIgnoreCase(name, ".tar");
}

// Folders with a single folder that are entered to find the splits.
constexpr int kMostBelow = 8;

bool HasShard(const FolderListing& listing) {
  return std::any_of(listing.others.begin(), listing.others.end(), IsShard);
}

// The folders on the way down, by device and number: a link to one of them
// would lead in a circle.
using Way = std::vector<std::pair<dev_t, ino_t>>;

bool GoDown(const std::string& folder, Way& way) {
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) return true;  // listing it says why
  const std::pair<dev_t, ino_t> here(info.st_dev, info.st_ino);
  if (std::find(way.begin(), way.end(), here) != way.end()) return false;
  way.push_back(here);
  return true;
}

// Adds the shards of split.folder/below, where `below` is "" or ends in '/'.
absl::Status Walk(const std::string& below, Way way, ShardSplit& split) {
  const std::string folder =
      below.empty()
          ? split.folder
          : absl::StrCat(split.folder, "/", below.substr(0, below.size() - 1));
  if (!GoDown(folder, way)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(folder));
  for (const auto* names : {&listing.others, &listing.images}) {
    for (const std::string& name : *names) {
      if (IsShard(name)) {
        split.names.push_back(below + name);
      } else if (!below.empty() || name != "classes.txt") {
        split.not_read.Add(KindOfFile(name), absl::StrCat(folder, "/", name));
      }
    }
  }
  for (const std::string& name : listing.folders) {
    RETURN_IF_ERROR(Walk(absl::StrCat(below, name, "/"), way, split));
  }
  return absl::OkStatus();
}

ShardSplit ListSplit(Split split, const std::string& folder) {
  ShardSplit listed;
  listed.split = split;
  listed.folder = folder;
  listed.status = Walk("", {}, listed);
  std::sort(listed.names.begin(), listed.names.end());
  return listed;
}

// Returns the split that a shard's name tells: that of its first word of
// letters which is a name of a split.
std::optional<Split> SplitOfShard(absl::string_view path) {
  std::string word;
  for (const char c : path.substr(path.rfind('/') + 1)) {
    if (absl::ascii_isalpha(c)) {
      word += absl::ascii_tolower(c);
      continue;
    }
    if (const auto split = SplitOfWord(word)) return split;
    word.clear();
  }
  return std::nullopt;  // what stands behind the last dot is the ending
}

// Divides a split by the names of its shards, if these tell splits.
std::vector<ShardSplit> ByNames(const ShardSplit& all) {
  std::map<Split, ShardSplit> splits;
  for (const std::string& name : all.names) {
    const std::optional<Split> split = SplitOfShard(name);
    if (!split.has_value()) return {all};
    ShardSplit& one = splits[*split];
    one.split = *split;
    one.names.push_back(name);
  }
  if (splits.size() < 2 || splits.count(Split::kTrain) == 0) return {all};
  std::vector<ShardSplit> divided;
  for (auto& [split, one] : splits) {
    one.folder = all.folder;
    if (split == Split::kTrain) one.not_read = all.not_read;
    // Without a test split, the results are measured on val.
    if (splits.count(Split::kTest) == 0 && split == Split::kValidation) {
      one.split = Split::kTest;
    }
    divided.push_back(std::move(one));
  }
  return divided;
}

struct Seen {
  int folders = 0;
  bool images = false, shards = false;
};

// Looks into the folder and those below it, until there are images: a backup in
// a tar file beside folders of images is no shard.
void Look(const std::string& folder, Way way, Seen& seen) {
  if (++seen.folders > kMostLooked || !GoDown(folder, way)) return;
  const absl::StatusOr<FolderListing> listing = ListFolder(folder);
  if (!listing.ok()) return;  // opening it says why
  seen.images = seen.images || !listing->images.empty();
  seen.shards = seen.shards || HasShard(*listing);
  for (const std::string& name : listing->folders) {
    if (seen.images) return;
    Look(absl::StrCat(folder, "/", name), way, seen);
  }
}

}  // namespace

absl::StatusOr<ShardSplits> FindShards(const std::string& root) {
  ShardSplits found;
  found.root = root;
  ASSIGN_OR_RETURN(SplitFolders folders, FindSplitFolders(found.root));
  for (int depth = 0; depth < kMostBelow; ++depth) {
    if (folders.train != found.root) break;
    ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(found.root));
    if (listing.folders.size() != 1 || HasShard(listing) ||
        HasAny(listing.others, {"classes.txt"})) {
      break;
    }
    found.root = absl::StrCat(found.root, "/", listing.folders[0]);
    ASSIGN_OR_RETURN(folders, FindSplitFolders(found.root));
  }
  for (const Split split : folders.splits) {
    found.splits.push_back(ListSplit(split, folders.of(split)));
  }
  NotRead& besides = found.splits[0].not_read;
  for (const std::string& file : folders.other_files) {
    const std::string name = file.substr(file.rfind('/') + 1);
    if (name != "classes.txt") besides.Add(KindOfFile(name), file);
  }
  for (const std::string& folder : folders.other_folders) {
    RETURN_IF_ERROR(LeaveOut(folder, &besides));
  }
  if (folders.train == found.root) found.splits = ByNames(found.splits[0]);
  return found;
}

absl::StatusOr<bool> HoldsShards(const std::string& root) {
  ASSIGN_OR_RETURN(const SplitFolders folders, FindSplitFolders(root));
  Seen seen;
  Look(folders.of(folders.splits[0]), {}, seen);
  return seen.shards && !seen.images;
}

}  // namespace caldera::data
