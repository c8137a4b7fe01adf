#ifndef CALDERA_SSL_TOOLS_REPORT_RUN_FACTS_H_
#define CALDERA_SSL_TOOLS_REPORT_RUN_FACTS_H_

// What was run, in a dozen lines.
//
//   for (const auto& [name, value] : RunFacts(run)) ...
//   //   {"Encoder", "28 px, patch 7, 128 wide, 6 blocks, 4 heads"}

#include "ssl/tools/report/read_run.h"
#include "ssl/tools/report/setting_table.h"

namespace caldera::ssl {

// Method, data, encoder, length, optimizer, seed, machine and versions, as far
// as the run folder tells.
Fields RunFacts(const RunRecord& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_RUN_FACTS_H_
