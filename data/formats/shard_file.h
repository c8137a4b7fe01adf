// A file that is read in pieces by several threads.
//
//   absl::StatusOr<std::shared_ptr<const ShardFile>> shard =
//       ShardFile::Open(path);
//   absl::StatusOr<std::string> bytes = (*shard)->Read(offset, size);
#ifndef CALDERA_DATA_FORMATS_SHARD_FILE_H_
#define CALDERA_DATA_FORMATS_SHARD_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace caldera::data {

class ShardFile {
 public:
  // Errors as those of ReadFile (read_file.h), without a limit.
  static absl::StatusOr<std::shared_ptr<const ShardFile>> Open(
      const std::string& path);

  ~ShardFile();
  ShardFile(const ShardFile&) = delete;
  ShardFile& operator=(const ShardFile&) = delete;

  const std::string& path() const { return path_; }
  // When it was opened; the time in nanoseconds since 1970.
  int64_t size() const { return size_; }
  int64_t modified_ns() const { return modified_ns_; }

  // DataLoss, beginning with the path, where the file ends earlier; else what
  // the disk answers. offset, size >= 0.
  absl::StatusOr<std::string> Read(int64_t offset, int64_t size) const;

 private:
  ShardFile(std::string path, int file, int64_t size, int64_t modified_ns);

  const std::string path_;
  const int file_;
  const int64_t size_, modified_ns_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_SHARD_FILE_H_
