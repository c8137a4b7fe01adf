#include "base/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"

namespace caldera::base {
namespace {

// A run of bytes that is still in the cache when `written` reads it.
constexpr size_t kRunBytes = 1 << 20;

absl::Status WriteAll(FileSystem& files, int fd, absl::string_view bytes,
                      const std::string& path,
                      const std::function<void(absl::string_view)>& written) {
  while (!bytes.empty()) {
    const ssize_t count =
        files.Write(fd, bytes.data(), std::min(bytes.size(), kRunBytes));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("write", path, errno);
    if (count == 0) return FileError("write", path, EIO);
    if (written) written(bytes.substr(0, static_cast<size_t>(count)));
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

}  // namespace

FileSystem& FileSystem::Real() {
  static FileSystem real;
  return real;
}

int FileSystem::Open(const std::string& path, int flags) {
  return open(path.c_str(), flags | O_CLOEXEC, 0644);
}
ssize_t FileSystem::Write(int fd, const void* data, size_t size) {
  return write(fd, data, size);
}
int FileSystem::Fsync(int fd) { return fsync(fd); }
int FileSystem::Close(int fd) { return close(fd); }
int FileSystem::Rename(const std::string& from, const std::string& to) {
  return std::rename(from.c_str(), to.c_str());
}
int FileSystem::Mkdir(const std::string& path) {
  return mkdir(path.c_str(), 0755);
}
int FileSystem::Symlink(const std::string& target, const std::string& path) {
  return symlink(target.c_str(), path.c_str());
}
int FileSystem::Unlink(const std::string& path) { return unlink(path.c_str()); }
int FileSystem::Rmdir(const std::string& path) { return rmdir(path.c_str()); }

absl::Status FileError(absl::string_view what, const std::string& path,
                       int error) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", what, " ", path));
}

absl::Status WriteDurably(
    FileSystem& files, const std::string& path,
    const std::vector<absl::string_view>& pieces,
    const std::function<void(absl::string_view)>& written) {
  const int fd = files.Open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd < 0) return FileError("create", path, errno);
  absl::Status status;
  for (const absl::string_view piece : pieces) {
    status = WriteAll(files, fd, piece, path, written);
    if (!status.ok()) break;
  }
  if (status.ok() && files.Fsync(fd) != 0) {
    status = FileError("sync", path, errno);
  }
  if (files.Close(fd) != 0 && status.ok()) {
    status = FileError("close", path, errno);
  }
  return status;
}

absl::Status SyncFolder(FileSystem& files, const std::string& path) {
  const int fd = files.Open(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return FileError("open folder", path, errno);
  const int failed = files.Fsync(fd) == 0 ? 0 : errno;
  files.Close(fd);
  // Some file systems do not sync folders; their renames are durable anyway.
  if (failed != 0 && failed != EINVAL) return FileError("sync", path, failed);
  return absl::OkStatus();
}

absl::Status RemoveFolder(FileSystem& files, const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    names.push_back(entry.path().string());
  }
  for (const std::string& name : names) {
    if (files.Unlink(name) != 0) return FileError("remove", name, errno);
  }
  if (files.Rmdir(path) != 0) return FileError("remove", path, errno);
  return absl::OkStatus();
}

}  // namespace caldera::base
