// Arranges the rows of results.json of several runs as tables, one for each
// task and the images it was measured on, with the floors (random encoder, raw
// pixels) below the runs.
//
//   auto tables = ResultTables({{"mae", rows}, {"m_mae", other_rows}});
//   //   k-NN: distance=cosine, k=10, ...
//   //   |               | setting      | top-1, % |
//   //   | mae           | feature=mean |    83.88 |
//   //   | m_mae         | feature=mean |    85.17 |
//   //   | raw pixels    | ...
#ifndef CALDERA_SSL_TOOLS_REPORT_RESULT_TABLES_H_
#define CALDERA_SSL_TOOLS_REPORT_RESULT_TABLES_H_

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace caldera::ssl {

struct ResultCell {
  std::string text;
  bool best = false;  // the highest accuracy of its column
};

struct ResultLine {
  std::string name;               // the run, or the floor
  bool floor = false;             // an untrained baseline
  std::string setting;            // settings that differ between lines
  std::vector<ResultCell> cells;  // one a measure
};

struct ResultTable {
  std::string title;    // "k-NN"
  std::string setting;  // settings that all lines share
  std::vector<std::string> measures;
  std::vector<ResultLine> lines;
};

// Name of a run and its rows, as eval/results.h reads them.
using RunResults = std::pair<std::string, std::vector<nlohmann::json>>;

// Returns the tables in the order in which they first occur, those on test
// images first. A floor that is the same in several runs has one line. Rows
// without a measure (CKA) are left out.
std::vector<ResultTable> ResultTables(const std::vector<RunResults>& runs);

// Returns a table of CKA between blocks (eval/diagnostics/cka.h) for each row
// of task "cka", titled by the run (lines) and the other encoder (columns).
// Rows whose matrix does not fit its blocks are left out.
//
//   auto tables = CkaTables({{"mae", rows}});
//   //   CKA: mae (lines) and fashion_mnist/m_mae (columns)
//   //   | block 0 | 1.000 | 0.871 | ...
std::vector<ResultTable> CkaTables(const std::vector<RunResults>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_RESULT_TABLES_H_
