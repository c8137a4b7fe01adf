#include "data/formats/equal_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/read_file.h"

namespace caldera::data {
namespace {

constexpr int64_t kMaxBytes = int64_t{1} << 30;
constexpr int64_t kTail = 4096;

using Group = std::vector<int64_t>;  // positions, ascending

// Returns the groups of two files and more that `key` does not tell apart. A
// file without a key is in none.
template <typename KeyOf>
std::vector<Group> Split(const std::vector<Group>& groups, const KeyOf& key) {
  std::vector<Group> parts;
  for (const Group& group : groups) {
    std::map<uint64_t, Group> by_key;
    for (const int64_t i : group) {
      const std::optional<uint64_t> of_file = key(i);
      if (of_file.has_value()) by_key[*of_file].push_back(i);
    }
    for (auto& [value, part] : by_key) {
      if (part.size() > 1) parts.push_back(std::move(part));
    }
  }
  return parts;
}

std::optional<uint64_t> SizeOf(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return static_cast<uint64_t>(status.st_size);
}

std::optional<uint64_t> DigestOfTail(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  char bytes[kTail];
  struct stat status;
  ssize_t size = -1;
  if (fstat(file, &status) == 0) {
    size =
        pread(file, bytes, kTail, std::max<off_t>(0, status.st_size - kTail));
  }
  close(file);
  if (size < 0) return std::nullopt;
  return Digest({bytes, static_cast<size_t>(size)});
}

std::optional<uint64_t> DigestOfAll(const std::string& path) {
  const absl::StatusOr<std::string> bytes = base::ReadFile(path, kMaxBytes);
  if (!bytes.ok()) return std::nullopt;
  return Digest(*bytes);
}

}  // namespace

uint64_t Digest(absl::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

std::vector<int64_t> EqualFiles(const std::vector<std::string>& paths) {
  Group all(paths.size());
  for (int64_t i = 0; i < static_cast<int64_t>(all.size()); ++i) all[i] = i;
  std::vector<int64_t> first = all;
  std::vector<Group> groups = {std::move(all)};
  for (const auto& key : {SizeOf, DigestOfTail, DigestOfAll}) {
    groups = Split(groups, [&](int64_t i) { return key(paths[i]); });
  }
  for (const Group& group : groups) {
    for (const int64_t i : group) first[i] = group.front();
  }
  return first;
}

}  // namespace caldera::data
