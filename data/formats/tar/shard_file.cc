#include "data/formats/tar/shard_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace caldera::data {

ShardFile::ShardFile(std::string path, int file, int64_t size,
                     int64_t modified_ns)
    : path_(std::move(path)),
      file_(file),
      size_(size),
      modified_ns_(modified_ns) {}

ShardFile::~ShardFile() { close(file_); }

absl::StatusOr<std::shared_ptr<const ShardFile>> ShardFile::Open(
    const std::string& path) {
  // O_NONBLOCK keeps the open of a pipe without a writer from hanging.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat(path, ": cannot open it; check name and access"));
  }
  struct stat info {};
  const bool is_file = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  std::shared_ptr<const ShardFile> shard(new ShardFile(
      path, file, info.st_size,
      info.st_mtim.tv_sec * int64_t{1000000000} + info.st_mtim.tv_nsec));
  if (!is_file) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": not a regular file; put the data set's file there"));
  }
  return shard;
}

absl::StatusOr<std::string> ShardFile::Read(int64_t offset,
                                            int64_t size) const {
  std::string bytes(size, '\0');
  int64_t done = 0;
  while (done < size) {
    const ssize_t count =
        pread(file_, &bytes[done], size - done, offset + done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return absl::ErrnoToStatus(errno,
                                 absl::StrCat(path_, ": cannot read it"));
    }
    if (count == 0) {
      return absl::DataLossError(
          absl::StrCat(path_, ": ends before byte ", offset + size,
                       "; it has changed since it was indexed"));
    }
    done += count;
  }
  return bytes;
}

}  // namespace caldera::data
