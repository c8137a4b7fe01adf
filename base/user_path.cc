#include "base/user_path.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace caldera::base {
namespace {

// Returns the "~user" with which a path begins, "" if it begins otherwise.
std::string Tilde(const std::string& path) {
  return absl::StartsWith(path, "~") ? path.substr(0, path.find('/')) : "";
}

// Returns the folder that "~" or "~user" stands for, "" if there is none.
std::string HomeOf(const std::string& tilde) {
  if (tilde == "~") {
    const char* home = std::getenv("HOME");
    if (home != nullptr && home[0] != '\0') return home;
  }
  const passwd* user =
      tilde == "~" ? getpwuid(getuid()) : getpwnam(tilde.c_str() + 1);
  return user == nullptr || user->pw_dir == nullptr ? "" : user->pw_dir;
}

bool Exists(const std::string& path) {
  return access(UserPath(path).c_str(), F_OK) == 0;
}

}  // namespace

std::string ExpandHome(const std::string& path) {
  const std::string tilde = Tilde(path);
  const std::string home = tilde.empty() ? "" : HomeOf(tilde);
  return home.empty() ? path : absl::StrCat(home, path.substr(tilde.size()));
}

std::string UserPath(const std::string& path) {
  const std::string expanded = ExpandHome(path);
  const char* user = std::getenv("BUILD_WORKING_DIRECTORY");
  if (user == nullptr || expanded.empty() || expanded[0] == '/') {
    return expanded;
  }
  return (std::filesystem::path(user) / expanded).string();
}

std::string UnknownHome(const std::string& path) {
  const std::string tilde = Tilde(path);
  if (tilde.empty() || !HomeOf(tilde).empty()) return "";
  if (tilde == "~") return "there is no home folder for ~; set $HOME";
  return absl::StrCat("there is no user \"", tilde.substr(1), "\"; write ./",
                      path, " for a folder of that name");
}

std::string PathProblem(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0) return "";
  const int error = errno;
  const std::string unknown = UnknownHome(path);
  if (!unknown.empty()) return unknown;
  // The first part that is a link without an end explains the rest.
  std::filesystem::path part;
  for (const std::filesystem::path& name : std::filesystem::path(path)) {
    part /= name;
    if (stat(part.c_str(), &info) == 0) continue;
    std::error_code none;
    const auto target = std::filesystem::read_symlink(part, none);
    if (none || errno != ENOENT) break;
    return absl::StrCat(part.string(), " is a link to ", target.string(),
                        ", which is not there");
  }
  return std::strerror(error);
}

std::vector<std::string> SplitPaths(const std::string& list) {
  const std::vector<std::string> pieces = absl::StrSplit(list, ',');
  std::vector<std::string> paths;
  for (size_t i = 0; i < pieces.size(); ++i) {
    paths.push_back(pieces[i]);
    if (Exists(pieces[i])) continue;
    std::string longer = pieces[i];
    for (size_t j = i + 1; j < pieces.size(); ++j) {
      absl::StrAppend(&longer, ",", pieces[j]);
      if (!Exists(longer)) continue;
      paths.back() = longer;
      i = j;
      break;
    }
  }
  return paths;
}

}  // namespace caldera::base
