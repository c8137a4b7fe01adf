#include "eval/embed/appended_file.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "base/status.h"

namespace caldera::eval {

AppendedFile::AppendedFile(std::string path, int file)
    : path_(std::move(path)), file_(file) {}

AppendedFile::~AppendedFile() { close(file_); }

absl::StatusOr<std::unique_ptr<AppendedFile>> AppendedFile::Open(
    const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return base::FileError("open", path, errno);
  std::unique_ptr<AppendedFile> file(new AppendedFile(path, descriptor));
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return absl::FailedPreconditionError(
          absl::StrCat(path,
                       ": another process is writing this file; wait for "
                       "it or choose another file"));
    }
    // Some cluster file systems are mounted without locks.
    LOG(WARNING) << path << " cannot be locked: " << std::strerror(errno)
                 << "; let no second process write it";
  }
  struct stat state;
  if (fstat(descriptor, &state) != 0) {
    return base::FileError("read", path, errno);
  }
  file->size_ = state.st_size;
  return file;
}

absl::Status AppendedFile::CutTo(int64_t size) {
  if (size_ < size) {
    return absl::DataLossError(absl::StrCat(path_, ": has ", size_,
                                            " bytes of the ", size,
                                            " that were written to it"));
  }
  if (ftruncate(file_, size) != 0) return base::FileError("cut", path_, errno);
  size_ = size;
  return absl::OkStatus();
}

absl::Status AppendedFile::WriteAt(absl::string_view bytes, int64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(file_, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return base::FileError("write", path_, count < 0 ? errno : EIO);
    }
    offset += count;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status AppendedFile::Append(absl::string_view bytes) {
  RETURN_IF_ERROR(WriteAt(bytes, size_));
  size_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status AppendedFile::WriteOverFirst(absl::string_view bytes) {
  CHECK_LE(static_cast<int64_t>(bytes.size()), size_);
  return WriteAt(bytes, 0);
}

absl::Status AppendedFile::Sync() {
  return fsync(file_) == 0 ? absl::OkStatus()
                           : base::FileError("sync", path_, errno);
}

}  // namespace caldera::eval
