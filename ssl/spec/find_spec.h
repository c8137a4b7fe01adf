// Finds the file of a spec by its name.
//
//   FindSpec("fashion_mnist/m_mae");   // .../ssl/specs/fashion_mnist/m_mae...
//   FindSpec("mine/my.textproto");     // a path, relative to where the user is
//
// The repository's specs are in Bazel's runfiles of the binary.
#ifndef CALDERA_SSL_SPEC_FIND_SPEC_H_
#define CALDERA_SSL_SPEC_FIND_SPEC_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

struct SpecFile {
  std::string path;  // to open
  std::string name;  // for messages: "ssl/specs/..." or the path as given
};

// Finds a name without ".textproto" among the repository's specs; a name with
// it is a path. Errors: NotFound with the nearest name and its neighbours.
absl::StatusOr<SpecFile> FindSpec(const std::string& name);

// Returns the names of all specs of the repository, sorted. Fragments in
// recipes/, which specs only inherit, are not among them.
std::vector<std::string> SpecNames();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_FIND_SPEC_H_
