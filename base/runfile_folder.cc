#include "base/runfile_folder.h"

#include <filesystem>
#include <memory>
#include <system_error>

#include "tools/cpp/runfiles/runfiles.h"

namespace caldera::base {

std::string RunfileFolder(const std::string& name,
                          const std::string& fallback) {
  using bazel::tools::cpp::runfiles::Runfiles;
  std::error_code ignored;
  const std::string binary =
      std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  std::string problem;
  const std::unique_ptr<Runfiles> runfiles(Runfiles::Create(binary, &problem));
  if (runfiles != nullptr) {
    const std::string folder = runfiles->Rlocation(name);
    if (std::filesystem::is_directory(folder, ignored)) return folder;
  }
  return std::filesystem::is_directory(fallback, ignored) ? fallback : "";
}

}  // namespace caldera::base
