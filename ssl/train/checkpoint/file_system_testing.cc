#include "ssl/train/checkpoint/file_system_testing.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace caldera::ssl {

namespace fs = std::filesystem;

FaultyFileSystem::~FaultyFileSystem() {
  for (const Written& file : written_) close(file.keeper);
  // The system closes the files that a dead process left open.
  for (const auto& [fd, index] : open_files_) close(fd);
  for (const auto& [fd, path] : open_folders_) close(fd);
}

bool FaultyFileSystem::Stops() {
  ++calls_;
  if (!dead_ && calls_ == at_.call && at_.fault == Fault::kError) {
    errno = at_.error;
    return true;
  }
  if (calls_ >= at_.call && at_.fault >= Fault::kKill) dead_ = true;
  if (dead_) errno = EIO;
  return dead_;
}

int FaultyFileSystem::Open(const std::string& path, int flags) {
  if (Stops()) return -1;
  const bool is_new = (flags & O_CREAT) != 0 && !fs::exists(path);
  const int fd = base::FileSystem::Open(path, flags);
  if (fd < 0) return fd;
  if ((flags & O_DIRECTORY) != 0) {
    open_folders_[fd] = path;
  } else {
    open_files_[fd] = written_.size();
    written_.push_back({fcntl(fd, F_DUPFD_CLOEXEC, 0), true});
    if (is_new) names_.emplace_back("", path);
  }
  return fd;
}

ssize_t FaultyFileSystem::Write(int fd, const void* data, size_t size) {
  const bool was_dead = dead_, was_full = full_;
  const bool stops = Stops();
  if (calls_ >= at_.call && at_.fault == Fault::kFull) full_ = true;
  size_t part = std::min(size, at_.largest_write);
  if (stops) part = dead_ && !was_dead ? size / 2 : 0;
  if (full_) part = was_full ? 0 : size / 2;
  if (part > 0) {
    written_[open_files_.at(fd)].synced = false;
    const ssize_t written = base::FileSystem::Write(fd, data, part);
    if (!stops) return written;
    errno = EIO;
  }
  if (full_) errno = ENOSPC;
  return -1;
}

int FaultyFileSystem::Fsync(int fd) {
  if (Stops()) return -1;
  const auto folder = open_folders_.find(fd);
  if (folder == open_folders_.end()) {
    written_[open_files_.at(fd)].synced = true;
  } else {
    names_.erase(std::remove_if(names_.begin(), names_.end(),
                                [&](const auto& name) {
                                  return fs::path(name.second).parent_path() ==
                                         fs::path(folder->second);
                                }),
                 names_.end());
  }
  return 0;  // only CutPower has to know it
}

int FaultyFileSystem::Close(int fd) {
  const bool stops = Stops();
  // A failed close closes the file, too.
  if (dead_) return -1;
  open_files_.erase(fd);
  open_folders_.erase(fd);
  const int error = errno;
  const int result = base::FileSystem::Close(fd);
  errno = error;
  return stops ? -1 : result;
}

int FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  if (Stops()) return -1;
  const int result = base::FileSystem::Rename(from, to);
  if (result != 0) return result;
  // New names inside a folder move with it.
  for (auto& [old_name, name] : names_) {
    if (name.rfind(from + "/", 0) == 0) name.replace(0, from.size(), to);
  }
  names_.emplace_back(from, to);
  return result;
}

int FaultyFileSystem::Mkdir(const std::string& path) {
  if (Stops()) return -1;
  names_.emplace_back("", path);
  return base::FileSystem::Mkdir(path);
}

int FaultyFileSystem::Symlink(const std::string& target,
                              const std::string& path) {
  if (Stops()) return -1;
  names_.emplace_back("", path);
  return base::FileSystem::Symlink(target, path);
}

int FaultyFileSystem::Unlink(const std::string& path) {
  return Stops() ? -1 : base::FileSystem::Unlink(path);
}

int FaultyFileSystem::Rmdir(const std::string& path) {
  return Stops() ? -1 : base::FileSystem::Rmdir(path);
}

void FaultyFileSystem::CutPower() {
  dead_ = true;
  if (at_.fault < Fault::kLoseData) return;
  for (const Written& file : written_) {
    if (!file.synced) CHECK_EQ(ftruncate(file.keeper, 0), 0);
  }
  if (at_.fault < Fault::kPowerCut) return;
  for (auto name = names_.rbegin(); name != names_.rend(); ++name) {
    std::error_code error;  // files that were removed since cannot come back
    if (name->first.empty()) {
      fs::remove_all(name->second, error);
    } else {
      fs::rename(name->second, name->first, error);
    }
  }
}

}  // namespace caldera::ssl
