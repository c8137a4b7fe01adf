#include "ssl/spec/find_spec.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest_name.h"
#include "base/runfile_folder.h"
#include "base/user_path.h"

namespace caldera::ssl {
namespace {

constexpr char kSuffix[] = ".textproto";

// Returns the folder of the repository's specs, "" if the binary has none.
std::string SpecFolder() {
  return base::RunfileFolder("caldera/ssl/specs", "ssl/specs");
}

// Returns every file under the folder, fragments of specs included, sorted.
std::vector<std::string> FileNames() {
  namespace fs = std::filesystem;
  const std::string folder = SpecFolder();
  std::vector<std::string> names;
  if (folder.empty()) return names;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end;
       !error && it != end; it.increment(error)) {
    std::string path = it->path().lexically_relative(folder).string();
    if (!absl::EndsWith(path, kSuffix)) continue;
    path.resize(path.size() - (sizeof(kSuffix) - 1));
    names.push_back(path);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool IsPart(const std::string& name) {
  return absl::StartsWith(name, "recipes/");
}

// Returns the names in the folder of `name`, or all folders if it is in none of
// them.
std::string Choices(const std::string& name,
                    const std::vector<std::string>& names) {
  const std::string folder = name.substr(0, name.find('/') + 1);
  std::vector<std::string> beside;
  std::set<std::string> folders;
  for (const std::string& other : names) {
    if (!folder.empty() && absl::StartsWith(other, folder)) {
      beside.push_back(other);
    }
    if (!IsPart(other)) folders.insert(other.substr(0, other.find('/')));
  }
  return beside.empty()
             ? absl::StrCat("There are specs for ",
                            absl::StrJoin(folders, ", "))
             : absl::StrCat("There are: ", absl::StrJoin(beside, ", "));
}

}  // namespace

std::vector<std::string> SpecNames() {
  std::vector<std::string> names = FileNames();
  names.erase(std::remove_if(names.begin(), names.end(), IsPart), names.end());
  return names;
}

absl::StatusOr<SpecFile> FindSpec(const std::string& name) {
  if (absl::EndsWith(name, kSuffix)) {
    const std::string path = base::UserPath(name);
    const std::string problem = base::PathProblem(path);
    std::error_code error;
    if (problem.empty() && !std::filesystem::is_directory(path, error)) {
      return SpecFile{path, name};
    }
    return absl::NotFoundError(absl::StrCat(
        "no spec file ", path, ": ",
        problem.empty() ? "it is a folder; name a file in it"
                        : absl::StrCat(problem, "; check the path")));
  }
  const std::vector<std::string> names = FileNames();
  if (std::binary_search(names.begin(), names.end(), name)) {
    return SpecFile{absl::StrCat(SpecFolder(), "/", name, kSuffix),
                    absl::StrCat("ssl/specs/", name, kSuffix)};
  }
  if (names.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "no spec \"", name,
        "\": the binary has no specs beside it; start it through bazel run, or "
        "give the path of a .textproto file"));
  }
  return absl::NotFoundError(absl::StrCat(
      "no spec \"", name, "\"; did you mean \"", base::NearestName(name, names),
      "\"? ", Choices(name, names)));
}

}  // namespace caldera::ssl
