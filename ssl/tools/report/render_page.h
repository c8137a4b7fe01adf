// Renders a view of runs as one HTML file that loads nothing.
//
//   absl::StatusOr<std::string> html = RenderPage(ReportView(runs));
//
// Template, style, script and Chart.js come from Bazel's runfiles of the binary
// (page/) and become part of the text. Everything that comes from runs is
// escaped.
#ifndef CALDERA_SSL_TOOLS_REPORT_RENDER_PAGE_H_
#define CALDERA_SSL_TOOLS_REPORT_RENDER_PAGE_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"

namespace caldera::ssl {

// view: an object; its member "data" becomes the page's data, the others are
// the names in the template. Errors: NotFound if a file of the page is missing.
absl::StatusOr<std::string> RenderPage(const nlohmann::json& view);

// Renders the view of write_index.h in the same way, by page/index.mustache.
absl::StatusOr<std::string> RenderIndex(const nlohmann::json& view);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_RENDER_PAGE_H_
