// Wraps the system calls that write files, so that tests can let them fail.
//
//   FileSystem& files = FileSystem::Real();
//   if (files.Mkdir("run/checkpoints/step_5.partial") != 0) return errno;
//
// Each function is the system call of its name: it returns -1 and sets errno on
// failure. A test lets any single call fail, or everything after it vanish
// (file_system_testing.h). Reading is not part of this interface.
#ifndef CALDERA_BASE_FILE_SYSTEM_H_
#define CALDERA_BASE_FILE_SYSTEM_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Returns the machine's file system.
  static FileSystem& Real();

  virtual int Open(const std::string& path, int flags);  // new files: 0644
  virtual ssize_t Write(int fd, const void* data, size_t size);
  virtual int Fsync(int fd);
  virtual int Close(int fd);
  virtual int Rename(const std::string& from, const std::string& to);
  virtual int Mkdir(const std::string& path);
  virtual int Symlink(const std::string& target, const std::string& path);
  virtual int Unlink(const std::string& path);
  virtual int Rmdir(const std::string& path);
};

// Returns "cannot <what> <path>: <reason>" with the code that fits `error`, an
// errno: ResourceExhausted for a full disk, PermissionDenied, ...
absl::Status FileError(absl::string_view what, const std::string& path,
                       int error);

// Writes the pieces to a new or emptied file and fsyncs it. `written`, if it is
// given, is called with each run of bytes (at most 1 MiB) right after its
// write. The file is left behind if anything fails.
absl::Status WriteDurably(
    FileSystem& files, const std::string& path,
    const std::vector<absl::string_view>& pieces,
    const std::function<void(absl::string_view)>& written = nullptr);

// Fsyncs a folder, so that the names in it survive a power cut.
absl::Status SyncFolder(FileSystem& files, const std::string& path);

// Removes a folder and the files in it; the folder contains no other folders.
absl::Status RemoveFolder(FileSystem& files, const std::string& path);

}  // namespace caldera::base

#endif  // CALDERA_BASE_FILE_SYSTEM_H_
