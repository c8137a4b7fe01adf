#include "base/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace caldera::base {
namespace {

absl::Status Failure(absl::string_view what, const std::string& path,
                     int error) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", what, " ", path));
}

absl::Status WriteAll(int fd, absl::string_view bytes,
                      const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return Failure("write", path, errno);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReplaceFile(const std::string& path,
                         const std::vector<absl::string_view>& pieces) {
  const std::string partial = path + ".partial";
  const int fd =
      open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return Failure("create", partial, errno);
  absl::Status status;
  for (const absl::string_view piece : pieces) {
    status = WriteAll(fd, piece, partial);
    if (!status.ok()) break;
  }
  if (status.ok() && fsync(fd) != 0) status = Failure("sync", partial, errno);
  if (close(fd) != 0 && status.ok()) status = Failure("close", partial, errno);
  if (status.ok() && std::rename(partial.c_str(), path.c_str()) != 0) {
    status = Failure("rename to", path, errno);
  }
  if (!status.ok()) {
    unlink(partial.c_str());
    return status;
  }
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return SyncFolder(parent.empty() ? "." : parent);
}

absl::Status SyncFolder(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failure("open folder", path, errno);
  const int failed = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  // Some file systems do not sync folders; their renames are durable anyway.
  if (failed != 0 && failed != EINVAL) return Failure("sync", path, failed);
  return absl::OkStatus();
}

}  // namespace caldera::base
