// Writes the page that shows one run or several.
//
//   absl::Status status = WriteReport({run}, /*figures=*/"",
//                                     run + "/report.html");
#ifndef CALDERA_SSL_TOOLS_REPORT_WRITE_REPORT_H_
#define CALDERA_SSL_TOOLS_REPORT_WRITE_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace caldera::ssl {

// run_dirs: 1 to kMostRuns paths, as the user gave them. figures: the folder
// where //:figures left pictures of them; empty: none. The page is written
// beside `output` and renamed. Errors: those of ReadRun; InvalidArgument for a
// run named twice; those of writing the output.
absl::Status WriteReport(const std::vector<std::string>& run_dirs,
                         const std::string& figures, const std::string& output);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_WRITE_REPORT_H_
