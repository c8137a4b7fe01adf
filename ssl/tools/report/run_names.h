#ifndef CALDERA_SSL_TOOLS_REPORT_RUN_NAMES_H_
#define CALDERA_SSL_TOOLS_REPORT_RUN_NAMES_H_

// What runs and files are called in a report: the ends of their paths, never
// where they lie on a machine.
//
//   RunNames({"/a/runs/cifar10/mae"});  // {"cifar10/mae"}
//   WithoutFolders("data { dataset: \"/a/b/c/d\" }");  // ... ".../c/d" ...

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

// The last two parts of each path, or as many as it takes to tell them apart.
// InvalidArgument where a folder is given twice.
absl::StatusOr<std::vector<std::string>> RunNames(
    const std::vector<std::string>& paths);

// Text in which absolute paths keep their last two parts alone: those that
// begin the text, or follow a quote, a space, "=" or "(".
std::string WithoutFolders(const std::string& text);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_RUN_NAMES_H_
