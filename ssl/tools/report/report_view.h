#ifndef CALDERA_SSL_TOOLS_REPORT_REPORT_VIEW_H_
#define CALDERA_SSL_TOOLS_REPORT_REPORT_VIEW_H_

// Everything that a report shows, as data for its template.
//
//   nlohmann::json view = ReportView({{mae, pictures_of_mae}, ...});
//   absl::StatusOr<std::string> html = RenderPage(view);
//
// page/report.mustache says what stands where; "data" is what
// page/report.js draws.

#include <nlohmann/json.hpp>
#include <vector>

#include "ssl/tools/report/read_pictures.h"
#include "ssl/tools/report/read_run.h"

namespace caldera::ssl {

// As many as the page has colours for (page/report.css).
inline constexpr size_t kMostRuns = 8;

struct ReportRun {
  RunRecord record;
  RunPictures pictures;
};

// runs: 1 to kMostRuns (CHECK). Curves are thinned so that all together have
// about 80,000 points, however long the runs were.
nlohmann::json ReportView(const std::vector<ReportRun>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_REPORT_VIEW_H_
