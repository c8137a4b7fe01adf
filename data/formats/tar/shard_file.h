// Reads pieces of a file from several threads.
//
//   absl::StatusOr<std::shared_ptr<const ShardFile>> shard =
//       ShardFile::Open(path);
//   absl::StatusOr<std::string> bytes = (*shard)->Read(offset, size);
#ifndef CALDERA_DATA_FORMATS_TAR_SHARD_FILE_H_
#define CALDERA_DATA_FORMATS_TAR_SHARD_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace caldera::data {

class ShardFile {
 public:
  // Errors are those of base::ReadFile, without its limit of the size.
  static absl::StatusOr<std::shared_ptr<const ShardFile>> Open(
      const std::string& path);

  ~ShardFile();
  ShardFile(const ShardFile&) = delete;
  ShardFile& operator=(const ShardFile&) = delete;

  const std::string& path() const { return path_; }
  // Size in bytes and time in nanoseconds since 1970, as of Open.
  int64_t size() const { return size_; }
  int64_t modified_ns() const { return modified_ns_; }

  // Returns `size` bytes from `offset` on; both are >= 0. Errors begin with the
  // path: DataLoss if the file ends earlier, else the error of the disk.
  absl::StatusOr<std::string> Read(int64_t offset, int64_t size) const;

 private:
  ShardFile(std::string path, int file, int64_t size, int64_t modified_ns);

  const std::string path_;
  const int file_;
  const int64_t size_, modified_ns_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_SHARD_FILE_H_
