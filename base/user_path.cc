#include "base/user_path.h"

#include <cstdlib>
#include <filesystem>

namespace caldera::base {

std::string UserPath(const std::string& path) {
  const char* user = std::getenv("BUILD_WORKING_DIRECTORY");
  if (user == nullptr || path.empty() || path[0] == '/') return path;
  return (std::filesystem::path(user) / path).string();
}

}  // namespace caldera::base
