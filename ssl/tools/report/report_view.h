// Gathers everything that a report shows, as data for its template.
//
//   nlohmann::json view = ReportView({{mae, pictures_of_mae}, ...});
//   absl::StatusOr<std::string> html = RenderPage(view);
//
// page/report.mustache arranges it; page/report.js draws "data".
#ifndef CALDERA_SSL_TOOLS_REPORT_REPORT_VIEW_H_
#define CALDERA_SSL_TOOLS_REPORT_REPORT_VIEW_H_

#include <nlohmann/json.hpp>
#include <vector>

#include "ssl/tools/report/read_pictures.h"
#include "ssl/tools/report/read_run.h"

namespace caldera::ssl {

// The page has colours for as many runs (page/report.css).
inline constexpr size_t kMostRuns = 8;

struct ReportRun {
  RunRecord record;
  RunPictures pictures;
};

// Returns the view of `runs`. CHECK: there are 1 to kMostRuns of them. Curves
// are thinned so that all together have about 80,000 points, however long the
// runs were.
nlohmann::json ReportView(const std::vector<ReportRun>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_REPORT_VIEW_H_
