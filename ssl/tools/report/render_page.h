#ifndef CALDERA_SSL_TOOLS_REPORT_RENDER_PAGE_H_
#define CALDERA_SSL_TOOLS_REPORT_RENDER_PAGE_H_

// A view of runs as one HTML file that loads nothing.
//
//   absl::StatusOr<std::string> html = RenderPage(ReportView(runs));
//
// Template, style, script and Chart.js lie in Bazel's runfiles of the binary
// (page/) and end up in the text. All that comes from runs is escaped.

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"

namespace caldera::ssl {

// `view`: an object; its member "data" becomes the page's data, the others
// are what the template names. NotFound where a file of the page is missing.
absl::StatusOr<std::string> RenderPage(const nlohmann::json& view);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_RENDER_PAGE_H_
