#include "base/replace_file.h"

#include <cerrno>
#include <filesystem>

#include "base/file_system.h"

namespace caldera::base {

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
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return SyncFolder(files, parent.empty() ? "." : parent);
}

}  // namespace caldera::base
