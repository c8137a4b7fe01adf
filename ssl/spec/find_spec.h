#ifndef CALDERA_SSL_SPEC_FIND_SPEC_H_
#define CALDERA_SSL_SPEC_FIND_SPEC_H_

// Names of specs to files.
//
//   FindSpec("fashion_mnist/m_mae");   // .../ssl/specs/fashion_mnist/m_mae...
//   FindSpec("mine/my.textproto");     // a path, relative to where the user is
//
// Specs of the repository lie in Bazel's runfiles of the binary.

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

struct SpecFile {
  std::string path;  // to open
  std::string name;  // for messages: "ssl/specs/..." or the path as given
};

// A name without ".textproto" is looked up among the repository's specs; with
// it, it is a path. Errors: NotFound with the nearest name and those beside it.
absl::StatusOr<SpecFile> FindSpec(const std::string& name);

// The names of all specs of the repository, sorted. Parts of specs, which lie
// in recipes/ and are only inherited, are not among them.
std::vector<std::string> SpecNames();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_FIND_SPEC_H_
