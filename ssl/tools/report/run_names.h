// Names runs and files in a report by the ends of their paths, which do not
// reveal their place on a machine.
//
//   RunNames({"/a/runs/cifar10/mae"});  // {"cifar10/mae"}
//   WithoutFolders("data { dataset: \"/a/b/c/d\" }");  // ... ".../c/d" ...
#ifndef CALDERA_SSL_TOOLS_REPORT_RUN_NAMES_H_
#define CALDERA_SSL_TOOLS_REPORT_RUN_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

// Returns the last two parts of each path, or as many as it takes to tell them
// apart, on one line (base/text/printable_text.h). Errors: InvalidArgument if a
// folder is given twice.
absl::StatusOr<std::vector<std::string>> RunNames(
    const std::vector<std::string>& paths);

// Returns an absolute path shortened to its last two parts, and any other text
// as it is.
std::string WithoutFolder(const std::string& path);

// Returns the text with its absolute paths shortened likewise. It finds paths
// that begin the text or follow a quote, a space, "=" or "("; a path with a
// space in it is found as a whole only between quotes.
std::string WithoutFolders(const std::string& text);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_RUN_NAMES_H_
