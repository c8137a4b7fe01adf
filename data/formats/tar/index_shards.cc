#include "data/formats/tar/index_shards.h"

#include <glog/logging.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/read_file.h"
#include "base/status.h"
#include "data/decode/image_format.h"
#include "data/formats/tar/shard_file.h"
#include "data/formats/tar/tar_samples.h"

namespace caldera::data {
namespace {

constexpr int64_t kMaxIndexBytes = int64_t{8} << 30;

using Kept = std::map<std::string, IndexedShard>;  // by name

absl::StatusOr<TarIndex> ReadIndex(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   base::ReadFile(path, kMaxIndexBytes));
  return ParseTarIndex(bytes, path);
}

// Returns the entries of the index; none if it cannot be used, since it can be
// rebuilt.
Kept ReadKept(const std::string& path, const std::string& endings) {
  absl::StatusOr<TarIndex> index = ReadIndex(path);
  if (absl::IsNotFound(index.status()) ||
      absl::IsUnimplemented(index.status())) {
    return {};
  }
  if (!index.ok()) {
    LOG(WARNING) << index.status().message() << "; reading the shards again";
    return {};
  }
  Kept kept;
  if (index->endings != endings) return kept;
  for (IndexedShard& shard : index->shards) {
    std::string name = shard.name;
    kept[std::move(name)] = std::move(shard);
  }
  return kept;
}

// Writes to a unique name, since several processes may start at once, and
// renames the file. Half a file after a crash would lack its end and be
// refused.
absl::Status WriteIndex(const std::string& path, const std::string& bytes) {
  std::string partial = path + ".XXXXXX";
  const int file = mkstemp(partial.data());
  if (file < 0) return absl::ErrnoToStatus(errno, path);
  fchmod(file, 0644);  // other users of the set read it too
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = write(file, &bytes[done], bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    done += count;
  }
  absl::Status status;
  if (done < bytes.size() || std::rename(partial.c_str(), path.c_str()) != 0) {
    status = absl::ErrnoToStatus(errno, path);
    unlink(partial.c_str());
  }
  close(file);
  return status;
}

// Fills in everything except the name. `kept`, the index's entry, is taken if
// it is up to date; otherwise `changed` is set.
absl::Status Index(const std::string& folder, Kept& kept, IndexedShard& shard,
                   std::atomic<bool>& changed) {
  const std::string path = absl::StrCat(folder, "/", shard.name);
  ASSIGN_OR_RETURN(const std::shared_ptr<const ShardFile> file,
                   ShardFile::Open(path));
  const auto entry = kept.find(shard.name);
  if (entry != kept.end() && entry->second.bytes == file->size() &&
      entry->second.modified_ns == file->modified_ns()) {
    shard = std::move(entry->second);
    return absl::OkStatus();
  }
  changed = true;
  ASSIGN_OR_RETURN(shard.contents, ListTarSamples(
                                       file->size(),
                                       [&](int64_t offset, int64_t size) {
                                         return file->Read(offset, size);
                                       },
                                       path));
  shard.bytes = file->size();
  shard.modified_ns = file->modified_ns();
  return absl::OkStatus();
}

// Returns what the next start can use: the shards that were read, then those
// which are still in the folder.
std::vector<IndexedShard> ToKeep(const std::string& folder,
                                 const std::vector<ReadShard>& shards,
                                 Kept kept) {
  std::vector<IndexedShard> to_keep;
  for (const ReadShard& shard : shards) {
    if (shard.status.ok()) to_keep.push_back(shard);
    kept.erase(shard.name);
  }
  for (auto& [name, shard] : kept) {
    if (access(absl::StrCat(folder, "/", name).c_str(), F_OK) == 0) {
      to_keep.push_back(std::move(shard));
    }
  }
  return to_keep;
}

}  // namespace

std::vector<ReadShard> IndexShards(const std::string& folder,
                                   const std::vector<std::string>& names,
                                   int threads) {
  const std::string index_path = absl::StrCat(folder, "/.caldera_index");
  const std::string endings = absl::StrJoin(ImageEndings(), " ");
  Kept kept = ReadKept(index_path, endings);
  std::vector<ReadShard> shards(names.size());
  std::atomic<size_t> next{0};
  std::atomic<bool> changed{false};
  std::vector<std::thread> workers;
  for (int t = 0; t < std::min<int>(threads, shards.size()); ++t) {
    workers.emplace_back([&] {
      for (size_t i = next++; i < shards.size(); i = next++) {
        shards[i].name = names[i];
        shards[i].status = Index(folder, kept, shards[i], changed);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  if (changed) {
    const absl::Status status = WriteIndex(
        index_path,
        TarIndexBytes({endings, ToKeep(folder, shards, std::move(kept))}));
    if (!status.ok()) {
      LOG(INFO) << "the next start reads the shards' headers again: cannot "
                   "keep their index in "
                << status.message();
    }
  }
  return shards;
}

}  // namespace caldera::data
