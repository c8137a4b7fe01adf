#include "data/formats/files_besides.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace caldera::data {

NotRead FilesBesides(const std::string& folder, const FolderListing& listing,
                     const std::vector<std::string>& read) {
  NotRead besides;
  const auto add = [&](const std::string& kind, const std::string& name) {
    if (std::find(read.begin(), read.end(), name) != read.end()) return;
    besides.Add(kind, absl::StrCat(folder, "/", name));
  };
  for (const auto* names : {&listing.images, &listing.others}) {
    for (const std::string& name : *names) add(KindOfFile(name), name);
  }
  for (const std::string& name : listing.folders) add("folder", name);
  return besides;
}

}  // namespace caldera::data
