#include "data/sets/find_dataset.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest_name.h"
#include "base/runfile_folder.h"
#include "base/status.h"
#include "base/user_path.h"
#include "data/formats/list_folder.h"

namespace caldera::data {
namespace {

// Returns the folder of the known set, or "" if it is missing.
std::string FolderOf(const KnownDataset& known, bool class_list) {
  if (const char* root = std::getenv("CALDERA_DATA"); root != nullptr) {
    for (const std::string& name : known.folders) {
      const std::string folder = absl::StrCat(base::UserPath(root), "/", name);
      if (IsFolder(folder)) return folder;
    }
  }
  if (!known.runfiles.empty()) {
    return base::RunfileFolder(known.runfiles,
                               absl::StrCat("external/", known.runfiles));
  }
  if (class_list && !known.subset_of.empty()) {
    return FolderOf(*FindKnownDataset(known.subset_of), class_list);
  }
  return "";
}

absl::Status NotThere(const KnownDataset& known) {
  const char* root = std::getenv("CALDERA_DATA");
  return absl::NotFoundError(absl::StrCat(
      known.name, ": is not in ",
      root == nullptr ? "$CALDERA_DATA, which is not set: set it to a folder"
                      : absl::StrCat(base::UserPath(root), " ($CALDERA_DATA)"),
      "; ", DownloadHint(known)));
}

absl::Status Unknown(const std::string& dataset) {
  const std::string folder = base::UserPath(dataset);
  const std::string problem = base::PathProblem(folder);
  if (problem.empty()) {
    return absl::NotFoundError(absl::StrCat(
        folder, ": is a file; name the folder that holds the data set"));
  }
  if (dataset.find_first_of("/~.") != std::string::npos ||
      problem != std::strerror(ENOENT)) {  // it is no name of a set
    return absl::NotFoundError(
        absl::StrCat(folder, ": ", problem, "; check the path"));
  }
  std::vector<std::string> names;
  for (const KnownDataset& known : KnownDatasets()) {
    names.push_back(known.name);
  }
  return absl::NotFoundError(absl::StrCat(
      dataset, ": neither a folder nor a known data set; did you mean ",
      base::NearestName(dataset, names),
      "? Known: ", absl::StrJoin(names, ", ")));
}

// Returns the folder in `folder` to which an archive of that set unpacks, or
// "". A folder of the set's own name is ours, and may be a class.
std::string Unpacked(const KnownDataset& known, const std::string& folder) {
  for (const std::string& name : known.folders) {
    const std::string path = absl::StrCat(folder, "/", name);
    if (name != known.name && IsFolder(path)) return path;
  }
  return "";
}

// Returns `folder`, or the folder in it to which a known archive unpacks.
std::string Inside(const std::string& folder) {
  std::string inside;
  for (const KnownDataset& known : KnownDatasets()) {
    const std::string path = Unpacked(known, folder);
    if (path.empty()) continue;
    if (!inside.empty()) return folder;  // a folder of data sets
    inside = path;
  }
  return inside.empty() ? folder : inside;
}

// Returns the known set with this format if there is exactly one, else null.
const KnownDataset* Only(const DatasetFormat* format) {
  const KnownDataset* only = nullptr;
  for (const KnownDataset& known : KnownDatasets()) {
    if (known.format != format) continue;
    if (only != nullptr) return nullptr;
    only = &known;
  }
  return only;
}

}  // namespace

absl::StatusOr<FoundDataset> FindDataset(const std::string& dataset,
                                         bool class_list) {
  const KnownDataset* const known = FindKnownDataset(dataset);
  std::string folder =
      known != nullptr ? FolderOf(*known, class_list) : base::UserPath(dataset);
  if (known != nullptr && folder.empty()) return NotThere(*known);
  if (!IsFolder(folder)) return Unknown(dataset);
  folder = Inside(folder);
  ASSIGN_OR_RETURN(const DatasetFormat* const format, RecognizeFormat(folder));
  if (known == nullptr) return FoundDataset{folder, format, Only(format)};
  // ImageNet may be packed into shards, Tiny-ImageNet sorted into folders.
  if (format != known->format && !(known->format->encoded && format->encoded)) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": holds ", format->title, ", expected ", known->format->title,
        " for ", known->name, "; ", DownloadHint(*known)));
  }
  return FoundDataset{folder, format, known};
}

}  // namespace caldera::data
