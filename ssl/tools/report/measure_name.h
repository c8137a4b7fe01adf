// Names how an accuracy was measured: everything that makes accuracies
// comparable except the feature and the images that it was measured with.
//
//   MeasureName(row);  // "k-NN, k=10, cosine, T=0.07"
#ifndef CALDERA_SSL_TOOLS_REPORT_MEASURE_NAME_H_
#define CALDERA_SSL_TOOLS_REPORT_MEASURE_NAME_H_

#include <nlohmann/json.hpp>
#include <string>

namespace caldera::ssl {

// row: one of eval/evaluate.h or eval/classify.h; others are named by their
// task, on one line.
std::string MeasureName(const nlohmann::json& row);

// Returns how directly a row says what a model is worth: 2 for its own head, 1
// for a linear probe, 0 for k-NN, -1 for others. Settings are ranked by the
// most direct measure that they have.
int Directness(const nlohmann::json& row);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_MEASURE_NAME_H_
