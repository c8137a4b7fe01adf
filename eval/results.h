// Reads and writes a run's results: results.json, an array with one row a
// result.
//
//   nlohmann::json row = {{"features", "mean"}, {"task", "k-NN"},
//       {"setting", {{"k", 10}, {"temperature", 0.07}}}, {"top1", 84.2}};
//   absl::Status status = AppendResult(run_dir + "/results.json", row);
//   std::cout << ResultsTable({row});
//
// A row names what it measured: features, task and setting (a text, or an
// object of the k, T, distance, masking, ... that it holds for), then top1 and
// top5 in percent. Further keys are kept in the file, not shown in the table.
//
// Caveat: the file is rewritten for every row, under a lock on its folder, so
// that processes on one machine may append at the same time.
#ifndef CALDERA_EVAL_RESULTS_H_
#define CALDERA_EVAL_RESULTS_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caldera::eval {

// Returns the rows of `path`; none where the file does not exist. Errors:
// DataLossError that names the file where it is not a JSON array of objects.
absl::StatusOr<std::vector<nlohmann::json>> ReadResults(
    const std::string& path);

// Adds an object as the last row, or in place of the row with the same
// features, task and setting: measuring again does not double a result. The
// file is written beside and renamed; a damaged file is an error, as in
// ReadResults, and is left as it is. A number that is not finite becomes null,
// as JSON has none. InvalidArgumentError where `row` is not an object.
absl::Status AppendResult(const std::string& path, const nlohmann::json& row);

// Returns Markdown with columns padded to line up: features, task, setting and
// `measures`, "-" for a value that a row lacks. Measures that begin with "top"
// are percent, with two decimals; the others have four digits.
std::string ResultsTable(const std::vector<nlohmann::json>& rows,
                         const std::vector<std::string>& measures = {"top1",
                                                                     "top5"});

// Returns the rows as the tables that a program prints: accuracies, with what
// was left out of them if anything was; diagnostics by block; CKA.
std::string ResultTables(const std::vector<nlohmann::json>& rows);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_RESULTS_H_
