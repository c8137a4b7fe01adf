#ifndef CALDERA_SSL_TRAIN_MONITOR_RUN_CHARTS_H_
#define CALDERA_SSL_TRAIN_MONITOR_RUN_CHARTS_H_

// The course of a run as charts, from the rows of metrics.jsonl.
//
//   base::ReplaceFile("images/loss.svg", {LossChart(rows)});
//
// Rows differ: logged steps have a loss, those of an online probe accuracies. A
// row without a value has no point of it.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace caldera::ssl {

// The total loss over the epochs, and each of its terms where there are
// several. SVG.
std::string LossChart(const std::vector<nlohmann::json>& rows);

// Figure 2 of the MAGMA paper for one run: above the unweighted value of the
// term `regularizer` ("magma"; it may only be observed), below the online
// probe's accuracies, over the same epochs. A panel without points is left out,
// and nothing is returned where both are. SVG.
std::optional<std::string> Figure2(const std::vector<nlohmann::json>& rows,
                                   const std::string& regularizer);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_RUN_CHARTS_H_
