#include "base/replace_file.h"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
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
  FileSystem& files = FileSystem::Real();
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot write ", path, ": a folder is in the way"));
  }
  const std::string partial = path + ".partial";
  const int file = files.Open(partial, O_WRONLY | O_CREAT | O_CLOEXEC);
  if (file < 0) return FileError("write", path, errno);
  files.Close(file);
  files.Unlink(partial);
  return absl::OkStatus();
}

}  // namespace caldera::base
