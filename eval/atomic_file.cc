#include "eval/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace caldera::eval {
namespace {

absl::Status Failure(const std::string& path, const char* what, int error) {
  const std::string text =
      absl::StrCat(path, ": cannot ", what, ": ", strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(text);
  if (error == EACCES || error == EROFS || error == EPERM) {
    return absl::PermissionDeniedError(text);
  }
  return absl::InternalError(text);
}

bool WriteAll(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(written);
  }
  return true;
}

// Makes a rename itself survive a power cut; file systems that cannot say so
// are left alone.
void SyncFolder(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  fsync(file);
  close(file);
}

}  // namespace

absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view content) {
  // A name of its own, so that two writers do not write into one file.
  std::string beside = path + ".XXXXXX";
  const int file = mkostemp(beside.data(), O_CLOEXEC);
  if (file < 0) return Failure(path, "create", errno);
  const mode_t mask = umask(0);
  umask(mask);
  bool good = WriteAll(file, content) && fchmod(file, 0666 & ~mask) == 0 &&
              fsync(file) == 0;
  int error = errno;
  if (close(file) != 0 && good) {
    good = false;
    error = errno;
  }
  if (good && rename(beside.c_str(), path.c_str()) != 0) {
    good = false;
    error = errno;
  }
  if (!good) {
    unlink(beside.c_str());
    return Failure(path, "write", error);
  }
  SyncFolder(path);
  return absl::OkStatus();
}

}  // namespace caldera::eval
