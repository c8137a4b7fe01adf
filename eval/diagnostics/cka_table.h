// Shows a row of task "cka" (diagnose_encoder.h) as Markdown: a line for each
// readout of the first encoder, a column for each of the second.
//
//   std::printf("%s", CkaTable(row).c_str());
#ifndef CALDERA_EVAL_DIAGNOSTICS_CKA_TABLE_H_
#define CALDERA_EVAL_DIAGNOSTICS_CKA_TABLE_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace caldera::eval {

// Returns the table. A value that is not finite shows as "-": a constant
// representation has no alignment.
std::string CkaTable(const nlohmann::json& row);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_DIAGNOSTICS_CKA_TABLE_H_
