#ifndef CALDERA_SSL_TOOLS_REPORT_CKA_TABLES_H_
#define CALDERA_SSL_TOOLS_REPORT_CKA_TABLES_H_

// CKA between blocks (eval/diagnostics/cka.h) as tables of a report.
//
//   auto tables = CkaTables({{"mae", rows}});
//   //   CKA: mae (lines) and fashion_mnist/m_mae (columns)
//   //   | block 0 | 1.000 | 0.871 | ...

#include <vector>

#include "ssl/tools/report/result_tables.h"

namespace caldera::ssl {

// A table for each row of task "cka"; rows whose matrix does not fit its
// blocks are left out.
std::vector<ResultTable> CkaTables(const std::vector<RunResults>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_CKA_TABLES_H_
