#include "base/replace_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file_system.h"

namespace caldera::base {
namespace {

std::string FolderOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

absl::Status ReplaceFile(const std::string& path,
                         const std::vector<absl::string_view>& pieces) {
  FileSystem& files = FileSystem::Real();
  const std::string partial = path + ".partial";
  absl::Status status = WriteDurably(files, partial, pieces);
  if (status.ok() && files.Rename(partial, path) != 0) {
    status = FileError("rename to", path, errno);
  }
  if (!status.ok()) {
    files.Unlink(partial);
    return status;
  }
  return SyncFolder(files, FolderOf(path));
}

absl::Status CheckReplaceable(const std::string& path) {
  const std::string folder = FolderOf(path);
  struct stat info;
  if (access((folder + "/.").c_str(), W_OK | X_OK) != 0) {
    return FileError("write in", folder, errno);
  }
  if (stat((path + ".partial").c_str(), &info) != 0 && errno != ENOENT) {
    return FileError("write", path, errno);
  }
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return FileError("write", path, EISDIR);
  }
  return absl::OkStatus();
}

}  // namespace caldera::base
