// Writes the page that lists all runs below a folder, the best setting first.
//
//   absl::Status status = WriteIndex("runs", "runs/index.html");
//
// A row is a setting: its runs from several seeds with links to their reports,
// accuracies as mean ± standard deviation, and the fields that are not the same
// in all of them. The page loads nothing; pressing a heading sorts.
#ifndef CALDERA_SSL_TOOLS_REPORT_WRITE_INDEX_H_
#define CALDERA_SSL_TOOLS_REPORT_WRITE_INDEX_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "ssl/tools/report/run_groups.h"

namespace caldera::ssl {

// The most fields that have a column; a sentence counts the others.
inline constexpr size_t kMostFieldColumns = 16;

// Returns the view of page/index.mustache. from: the path of `folder`'s runs as
// seen from the page, "" or ending in "/".
nlohmann::json IndexView(const std::string& title, const RunGroups& groups,
                         const std::string& from);

// folder, output: paths as base::UserPath gives them. The page is written
// beside `output` and renamed. Errors: those of ReadRunGroups; those of
// writing.
absl::Status WriteIndex(const std::string& folder, const std::string& output);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_WRITE_INDEX_H_
