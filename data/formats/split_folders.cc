#include "data/formats/split_folders.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/formats/list_folder.h"

namespace caldera::data {

absl::StatusOr<SplitFolders> FindSplitFolders(const std::string& root) {
  ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(root));
  const std::vector<std::string>& folders = listing.folders;
  const auto find = [&](const char* name) {
    return std::binary_search(folders.begin(), folders.end(), name)
               ? absl::StrCat(root, "/", name)
               : "";
  };
  SplitFolders found;
  found.train = find("train");
  for (const char* name : {"val", "validation", "test"}) {
    if (found.test.empty()) found.test = find(name);
  }
  const bool both = !found.train.empty() && !found.test.empty();
  const bool any = !found.train.empty() || !found.test.empty();
  if (!both && !(any && folders.size() == 1))
    return SplitFolders{root, "", {Split::kTrain}};
  if (!found.train.empty()) found.splits.push_back(Split::kTrain);
  if (!found.test.empty()) found.splits.push_back(Split::kTest);
  return found;
}

}  // namespace caldera::data
