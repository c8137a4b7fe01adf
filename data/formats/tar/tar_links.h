// Gives the links of a tar archive the bytes of their targets. No LibTorch
// here.
//
//   TarLinks links;
//   links.AddHardLink(members.size(), "x/000.jpg");
//   members.push_back({"x/z000.jpg", 0, 0});  // filled in by Resolve
//   links.Resolve(members, not_read);
#ifndef CALDERA_DATA_FORMATS_TAR_TAR_LINKS_H_
#define CALDERA_DATA_FORMATS_TAR_TAR_LINKS_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/strings/string_view.h"
#include "data/formats/not_read.h"
#include "data/formats/tar/tar_member.h"

namespace caldera::data {

class TarLinks {
 public:
  // members[member] is a link. The target of a hard link is a member's name;
  // that of a symbolic link begins at the folder of `name`, the link's.
  void AddHardLink(size_t member, absl::string_view target);
  void AddSymbolicLink(size_t member, absl::string_view name,
                       absl::string_view target);
  // A symbolic link to a folder of the archive is passed over: what is in the
  // folder is listed anyway.
  void AddFolder(absl::string_view name);

  // Fills in the links. A target is the last member of that name before the
  // link, else the first one behind it, and may be a link itself. Removes links
  // that lead nowhere or in a circle, each of which is a "link to nothing", and
  // links to an earlier member of their own name, which tar writes for a file
  // that it was given twice.
  void Resolve(std::vector<TarMember>& members, NotRead& not_read) const;

 private:
  std::unordered_map<size_t, std::string> targets_;  // clean paths, by member
  std::unordered_set<std::string> folders_;          // clean paths
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_TAR_LINKS_H_
